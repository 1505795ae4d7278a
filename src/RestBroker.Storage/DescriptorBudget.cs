using RestBroker.Storage.Files;

namespace RestBroker.Storage;

/// <summary>
/// How a process's file descriptors are shared out. At the limit .NET cannot so much as load an assembly and the process dies, so segments
/// and connections together leave some free: then there is nothing that has to be loaded in advance.
/// </summary>
/// <param name="Limit">How many the process may have.</param>
/// <param name="OpenSegments">Segment files that are kept open.</param>
/// <param name="Connections">Connections of clients.</param>
public sealed record DescriptorBudget(long Limit, int OpenSegments, long Connections)
{
    /// <summary>What is kept for the runtime, the catalog, files that are open for a moment, and reads of files that were closed meanwhile.</summary>
    public const int Reserve = 128;

    /// <summary>With fewer, files would be opened and closed all the time.</summary>
    private const int FewestSegments = 16;

    /// <summary>Half of what there is, at most as many as wished, goes to segments, and the rest to connections.</summary>
    public static DescriptorBudget OfThisProcess(int maxOpenSegments) => Share(new PhysicalFileStore().DescriptorLimit ?? int.MaxValue, maxOpenSegments);

    internal static DescriptorBudget Share(long limit, int maxOpenSegments)
    {
        var segments = (int)Math.Min(maxOpenSegments, Math.Max((limit - Reserve) / 2, FewestSegments));
        return new DescriptorBudget(limit, segments, Math.Max(limit - Reserve - segments, FewestSegments));
    }
}
