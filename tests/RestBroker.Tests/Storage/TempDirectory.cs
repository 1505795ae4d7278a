namespace RestBroker.Tests.Storage;

/// <summary>A directory of a test's own.</summary>
internal sealed class TempDirectory : IDisposable
{
    public TempDirectory() => Root = Directory.CreateTempSubdirectory("restbroker-").FullName;

    public string Root { get; }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
