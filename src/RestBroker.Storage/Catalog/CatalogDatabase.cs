using System.Globalization;
using LiteDB;
using RestBroker.Core.Topics;
using RestBroker.Storage.Files;

namespace RestBroker.Storage.Catalog;

/// <summary>
/// The LiteDB file: a document a topic, and how far it has followed <c>__metadata</c>. It holds nothing that is not in the log, unless
/// the disk has lost it there. Not thread-safe; any call may throw whatever LiteDB throws, and then <see cref="Drop"/> is in order.
/// </summary>
internal sealed class CatalogDatabase(IFileStore files, string path)
{
    private const string TopicsCollection = "topics";
    private const string StateCollection = "state";
    private const string LastCharacter = "\u007f"; // of those that a name can have, the one after the last

    private LiteDatabase? _database;
    private Dictionary<string, (Guid TopicId, long Version)> _stored = [];

    /// <summary>Brings the file to a snapshot. Unless the caller is sure of what it holds, its documents are looked at first.</summary>
    public void Apply(CatalogSnapshot snapshot, bool isSure)
    {
        var database = _database ??= Open();
        var topics = database.GetCollection(TopicsCollection);
        if (!isSure) _stored = topics.FindAll().ToDictionary(document => document["_id"].AsString, Identity);

        database.BeginTrans();
        foreach (var gone in _stored.Keys.Where(name => snapshot.Find(name) is null).ToList())
        {
            topics.Delete(gone);
            _stored.Remove(gone);
        }

        foreach (var topic in snapshot.Topics.Values)
        {
            var identity = (topic.TopicId, topic.Description.Version);
            if (_stored.TryGetValue(topic.Name, out var known) && known == identity) continue;
            topics.Upsert(ToDocument(topic.Description));
            _stored[topic.Name] = identity;
        }

        database.GetCollection(StateCollection).Upsert(new BsonDocument { ["_id"] = "applied", ["offset"] = snapshot.Version });
        database.Commit();
    }

    /// <summary>Names in ordinal order, one more than asked for where there are more.</summary>
    public List<string> Find(TopicQuery query)
    {
        // A range and not LIKE, for which the underscores of names are wildcards.
        var topics = (_database ?? throw new InvalidOperationException("The projection is not open.")).GetCollection(TopicsCollection).Query()
            .Where("$._id >= @0 AND $._id < @1", query.Prefix, query.Prefix + LastCharacter);
        if (query.After is { } after) topics = topics.Where("$._id > @0", after);
        if (!query.IncludeInternal) topics = topics.Where("$.internal = false");
        return [.. topics.OrderBy("$._id").Limit(query.Limit + 1).ToEnumerable().Select(document => document["_id"].AsString)];
    }

    /// <summary>The topics that it holds; none where it cannot be read. Changes nothing; for the start, before the first <see cref="Apply"/>.</summary>
    public IReadOnlyList<StoredTopic> ReadAll()
    {
        if (!files.Exists(path)) return [];
        try
        {
            using var database = Open(isReadOnly: true);
            return [.. database.GetCollection(TopicsCollection).FindAll().Select(ToStoredTopic)];
        }
#pragma warning disable CA1031 // LiteDB reports damage by exceptions of every kind; whichever it is, this copy tells nothing.
        catch (Exception)
#pragma warning restore CA1031
        {
            return [];
        }
    }

    public void Close()
    {
        try
        {
            _database?.Dispose();
        }
#pragma warning disable CA1031 // A damaged file can fail to close; it is made again anyway.
        catch (Exception)
#pragma warning restore CA1031
        {
        }

        _database = null;
        _stored = [];
    }

    /// <summary>Closes and removes the file. The next call makes another.</summary>
    public void Drop()
    {
        Close();
        foreach (var file in (string[])[path, Path.Combine(Path.GetDirectoryName(path)!, Path.GetFileNameWithoutExtension(path) + "-log.db")])
        {
            try
            {
                files.Delete(file);
            }
            catch (Exception e) when (e.IsDiskTrouble())
            {
                // Then LiteDB meets the same file again, fails again, and memory goes on answering.
            }
        }
    }

    private LiteDatabase Open(bool isReadOnly = false) => new(new ConnectionString
    {
        Filename = path,
        ReadOnly = isReadOnly,
        Collation = new Collation(CultureInfo.InvariantCulture.LCID, CompareOptions.Ordinal),
    });

    private static (Guid TopicId, long Version) Identity(BsonDocument document) => (document["topicId"].AsGuid, document["version"].AsInt64);

    private static BsonDocument ToDocument(TopicDescription topic) => new()
    {
        ["_id"] = topic.Name,
        ["topicId"] = topic.TopicId,
        ["version"] = topic.Version,
        ["partitionCount"] = topic.PartitionCount,
        ["internal"] = topic.IsInternal,
        ["configs"] = new BsonDocument(topic.Config.Given.ToDictionary(config => config.Key, config => new BsonValue(config.Value))),
    };

    private static StoredTopic ToStoredTopic(BsonDocument document) => new(
        document["_id"].AsString,
        document["topicId"].AsGuid,
        document["partitionCount"].AsInt32,
        document["version"].AsInt64,
        document["configs"].AsDocument.ToDictionary(config => config.Key, config => config.Value.AsString));
}
