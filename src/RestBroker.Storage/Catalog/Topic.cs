using RestBroker.Core.Topics;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Catalog;

/// <summary>A topic that exists, and its logs in the order of their partitions. Immutable.</summary>
internal sealed record Topic(TopicDescription Description, IReadOnlyList<PartitionLog> Logs)
{
    public string Name => Description.Name;

    public Guid TopicId => Description.TopicId;
}

/// <summary>Every topic at one moment. Immutable: a change is a new snapshot.</summary>
/// <param name="Topics">By name.</param>
/// <param name="Version">The offset after the last record of <c>__metadata</c> that it holds.</param>
internal sealed record CatalogSnapshot(IReadOnlyDictionary<string, Topic> Topics, long Version)
{
    public int PartitionCount { get; } = Topics.Values.Sum(topic => topic.Logs.Count);

    public Topic? Find(string name) => Topics.GetValueOrDefault(name);

    /// <summary>A page of topics in the order of their names, without an index: for small questions, or when the projection is down.</summary>
    public TopicPage List(TopicQuery query)
    {
        var found = Topics.Values
            .Where(topic => topic.Name.StartsWith(query.Prefix, StringComparison.Ordinal))
            .Where(topic => query.IncludeInternal || !topic.Description.IsInternal)
            .Where(topic => query.After is null || string.CompareOrdinal(topic.Name, query.After) > 0)
            .OrderBy(topic => topic.Name, StringComparer.Ordinal)
            .Take(query.Limit + 1)
            .Select(topic => topic.Description)
            .ToList();
        return new TopicPage([.. found.Take(query.Limit)], found.Count > query.Limit);
    }

    public CatalogSnapshot With(Topic topic, long version) => new(new Dictionary<string, Topic>(Topics) { [topic.Name] = topic }, version);

    public CatalogSnapshot Without(string name, long version)
    {
        var topics = new Dictionary<string, Topic>(Topics);
        topics.Remove(name);
        return new CatalogSnapshot(topics, version);
    }
}
