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
    /// <summary>
    /// What is kept for the runtime, the catalog, files that are open for a moment, and reads of files that were closed meanwhile. The
    /// runtime keeps a descriptor of each assembly: a broker that has done one of everything has about 300.
    /// </summary>
    public const int Reserve = 448;

    /// <summary>With fewer, files would be opened and closed all the time.</summary>
    private const int FewestSegments = 16;

    /// <summary>Half of what there is, at most as many as wished, goes to segments, and the rest to connections.</summary>
    public static DescriptorBudget OfThisProcess(int maxOpenSegments) => Share(new PhysicalFileStore().DescriptorLimit ?? int.MaxValue, maxOpenSegments);

    /// <exception cref="DataDirectoryException">There are too few to begin with.</exception>
    internal static DescriptorBudget Share(long limit, int maxOpenSegments)
    {
        if (limit < Reserve + (2 * FewestSegments))
            throw new DataDirectoryException($"This process may have {limit} files open, and a broker needs {Reserve + (2 * FewestSegments)}. Raise the limit: ulimit -n 4096.");
        var segments = (int)Math.Min(maxOpenSegments, Math.Max((limit - Reserve) / 2, FewestSegments));
        return new DescriptorBudget(limit, segments, Math.Max(limit - Reserve - segments, FewestSegments));
    }
}
