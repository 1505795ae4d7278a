using System.Globalization;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;

namespace RestBroker.Core.Topics;

/// <summary>
/// A topic's settings: Kafka's keys and values, checked, with Kafka's defaults for what was not given. Immutable.
/// See https://kafka.apache.org/documentation/#topicconfigs; <c>durability</c> is RestBroker's own.
/// </summary>
public sealed class TopicConfig
{
    private static readonly TopicConfigKey[] Keys =
    [
        TopicConfigKey.Choice("cleanup.policy", "delete", "delete", "compact", "compact,delete"),
        // Kafka's brokers say uncompressed and its producers none; both mean it.
        TopicConfigKey.Choice("compression.type", "producer", "producer", "uncompressed", "gzip", "snappy", "lz4", "zstd").WithAlias("none", "uncompressed"),
        TopicConfigKey.Number("delete.retention.ms", 86_400_000, 0, long.MaxValue),
        TopicConfigKey.Choice("durability", "fsync", "fsync", "async"),
        TopicConfigKey.Number("max.message.bytes", 1_048_576, 0, 64 * 1024 * 1024),
        TopicConfigKey.Choice("message.timestamp.type", "CreateTime", "CreateTime", "LogAppendTime"),
        TopicConfigKey.Ratio("min.cleanable.dirty.ratio", "0.5"),
        TopicConfigKey.Number("min.compaction.lag.ms", 0, 0, long.MaxValue),
        TopicConfigKey.Number("min.insync.replicas", 1, 1, int.MaxValue),
        TopicConfigKey.Number("retention.bytes", -1, -1, long.MaxValue),
        TopicConfigKey.Number("retention.ms", 604_800_000, -1, long.MaxValue, forbidden: 0),
        TopicConfigKey.Number("segment.bytes", 1_073_741_824, 1024, int.MaxValue),
        TopicConfigKey.Number("segment.ms", 604_800_000, 1, long.MaxValue),
    ];

    private readonly SortedDictionary<string, string> _given;

    private TopicConfig(SortedDictionary<string, string> given)
    {
        _given = given;
        CleanupPolicy = Text("cleanup.policy") switch
        {
            "delete" => CleanupPolicy.Delete,
            "compact" => CleanupPolicy.Compact,
            _ => CleanupPolicy.Compact | CleanupPolicy.Delete,
        };
        Compression = Text("compression.type") switch
        {
            "producer" => null,
            "uncompressed" => CompressionType.None,
            var codec => Enum.Parse<CompressionType>(codec, ignoreCase: true),
        };
        DeleteRetention = Duration("delete.retention.ms") ?? TimeSpan.MaxValue;
        Durability = Text("durability") == "fsync" ? Durability.Fsync : Durability.Async;
        MaxMessageBytes = (int)Number("max.message.bytes");
        TimestampType = Enum.Parse<TimestampType>(Text("message.timestamp.type"));
        MinCleanableDirtyRatio = double.Parse(Text("min.cleanable.dirty.ratio"), CultureInfo.InvariantCulture);
        MinCompactionLag = Duration("min.compaction.lag.ms") ?? TimeSpan.MaxValue;
        MinInsyncReplicas = (int)Number("min.insync.replicas");
        RetentionBytes = Number("retention.bytes") is var bytes && bytes < 0 ? null : bytes;
        Retention = Duration("retention.ms");
        SegmentBytes = (int)Number("segment.bytes");
        SegmentAge = Duration("segment.ms") ?? TimeSpan.MaxValue;
    }

    /// <summary>Every default.</summary>
    public static TopicConfig Default { get; } = Parse(new Dictionary<string, string>());

    /// <summary>The settings that were given, in canonical spelling and in the order of their keys; the rest have their defaults.</summary>
    public IReadOnlyDictionary<string, string> Given => _given;

    /// <summary><c>cleanup.policy</c></summary>
    public CleanupPolicy CleanupPolicy { get; }

    /// <summary><c>compression.type</c>: the codec of batches on disk; null = as the producer sent them.</summary>
    public CompressionType? Compression { get; }

    /// <summary><c>delete.retention.ms</c>: how long a tombstone outlives its compaction.</summary>
    public TimeSpan DeleteRetention { get; }

    /// <summary><c>durability</c></summary>
    public Durability Durability { get; }

    /// <summary><c>max.message.bytes</c>: the largest value of a record, in bytes before compression.</summary>
    public int MaxMessageBytes { get; }

    /// <summary><c>message.timestamp.type</c></summary>
    public TimestampType TimestampType { get; }

    /// <summary><c>min.cleanable.dirty.ratio</c>, 0..1.</summary>
    public double MinCleanableDirtyRatio { get; }

    /// <summary><c>min.compaction.lag.ms</c></summary>
    public TimeSpan MinCompactionLag { get; }

    /// <summary><c>min.insync.replicas</c></summary>
    public int MinInsyncReplicas { get; }

    /// <summary><c>retention.bytes</c> of each partition; null = without end.</summary>
    public long? RetentionBytes { get; }

    /// <summary><c>retention.ms</c>; null = for ever.</summary>
    public TimeSpan? Retention { get; }

    /// <summary><c>segment.bytes</c>: a segment is closed before it grows beyond this.</summary>
    public int SegmentBytes { get; }

    /// <summary><c>segment.ms</c>: a segment is closed once its first record is this old.</summary>
    public TimeSpan SegmentAge { get; }

    /// <summary>Checks settings and fills in the defaults.</summary>
    /// <exception cref="BrokerException"><see cref="BrokerError.InvalidConfig"/> with one entry in <c>Errors</c> for each key at fault.</exception>
    public static TopicConfig Parse(IReadOnlyDictionary<string, string> configs)
    {
        var given = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var errors = new List<FieldError>();
        foreach (var (name, value) in configs)
        {
            var key = Array.Find(Keys, key => key.Name == name);
            if (key is null)
                errors.Add(Fault(name, $"there is no setting '{name}'. The settings are {string.Join(", ", Keys.Select(k => k.Name))}."));
            else if (key.Canonical(value) is { } canonical)
                given[name] = canonical;
            else
                errors.Add(Fault(name, $"'{value}' is not allowed for {name}: give {key.Rule}."));
        }

        if (errors.Count == 0) return new TopicConfig(given);
        throw new BrokerException(BrokerError.InvalidConfig, string.Join(" ", errors.Select(error => error.Detail))) { Errors = errors };
    }

    /// <summary>These settings with some replaced; a null value puts a key back to its default.</summary>
    /// <exception cref="BrokerException"><see cref="BrokerError.InvalidConfig"/>.</exception>
    public TopicConfig With(IReadOnlyDictionary<string, string?> changes)
    {
        var merged = new Dictionary<string, string>(_given);
        foreach (var (name, value) in changes)
        {
            if (value is not null) merged[name] = value;
            else if (Array.Exists(Keys, key => key.Name == name)) merged.Remove(name);
            else merged[name] = "";
        }

        return Parse(merged);
    }

    /// <summary>A setting's value as text, its default where it was not given; null where there is no such setting.</summary>
    public string? Value(string name) =>
        _given.TryGetValue(name, out var value) ? value : Array.Find(Keys, key => key.Name == name)?.Default;

    private string Text(string name) => Value(name)!;

    private long Number(string name) => long.Parse(Text(name), CultureInfo.InvariantCulture);

    private TimeSpan? Duration(string name) => Number(name) switch
    {
        < 0 => null,
        // Kafka allows spans far beyond what a clock can add up; a thousand years stand for all of them.
        var milliseconds => TimeSpan.FromMilliseconds(Math.Min(milliseconds, 365_000L * 86_400_000)),
    };

    private static FieldError Fault(string name, string detail) =>
        new($"/configs/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}", BrokerError.InvalidConfig, detail);
}
