namespace RestBroker.Storage.Files;

/// <summary>Where things lie in the data directory; FORMAT.md explains them.</summary>
internal sealed class DataDirectory(string root)
{
    public string Root { get; } = Path.GetFullPath(root);

    public string Meta => Path.Combine(Root, "restbroker.meta");

    public string LockFile => Path.Combine(Root, ".lock");

    public string CleanShutdown => Path.Combine(Root, "clean-shutdown");

    public string Metadata => Path.Combine(Root, "metadata");

    public string Topics => Path.Combine(Root, "topics");

    public string Quarantine => Path.Combine(Root, "quarantine");

    public string CatalogProjection => Path.Combine(Root, "catalog.db");

    /// <summary>Directories bear ids, never user text.</summary>
    public string TopicDirectory(Guid topicId) => Path.Combine(Topics, topicId.ToString("D"));

    public static string PartitionDirectory(string topicDirectory, int partition) =>
        Path.Combine(topicDirectory, partition.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
