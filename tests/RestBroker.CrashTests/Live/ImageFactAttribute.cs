namespace RestBroker.CrashTests.Live;

/// <summary>A test that mounts file systems of its own. Where the machine cannot, it says so and counts as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ImageFactAttribute : FactAttribute
{
    public ImageFactAttribute() => Skip = MountedImage.Obstacle;
}
