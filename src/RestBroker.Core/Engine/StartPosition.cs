using System.Globalization;

namespace RestBroker.Core.Engine;

/// <summary>
/// Where somebody without a position begins to read: the start, the end, the last so many of each partition, or a time. The default
/// value is the start.
/// </summary>
public readonly record struct StartPosition
{
    private enum Kind
    {
        Earliest,
        Latest,
        Last,
        Timestamp,
    }

    private readonly Kind _kind;
    private readonly long _value;

    private StartPosition(Kind kind, long value)
    {
        _kind = kind;
        _value = value;
    }

    /// <summary>The log start.</summary>
    public static StartPosition Earliest { get; } = new(Kind.Earliest, 0);

    /// <summary>The high watermark: only what is committed from now on.</summary>
    public static StartPosition Latest { get; } = new(Kind.Latest, 0);

    /// <summary>The last so many offsets of each partition, from the log start at the earliest.</summary>
    public static StartPosition Last(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return new(Kind.Last, count);
    }

    /// <summary>The first record whose timestamp (ms since 1970) is this or later.</summary>
    public static StartPosition At(long timestamp)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(timestamp);
        return new(Kind.Timestamp, timestamp);
    }

    /// <summary>The offset in each partition of a topic, in order of their numbers.</summary>
    /// <exception cref="Errors.BrokerException">UnknownTopicOrPartition.</exception>
    public async ValueTask<long[]> ResolveAsync(ILogEngine engine, string topic, CancellationToken cancellationToken)
    {
        if (_kind == Kind.Last)
        {
            var partitions = await engine.DescribePartitionsAsync(topic, cancellationToken);
            var count = _value;
            return [.. partitions.Select(p => Math.Max(p.LogStartOffset, p.HighWatermark - count))];
        }

        var at = _kind switch
        {
            Kind.Earliest => OffsetSpec.Earliest,
            Kind.Latest => OffsetSpec.Latest,
            _ => OffsetSpec.At(_value),
        };
        var listed = await engine.ListOffsetsAsync(topic, at, cancellationToken);
        return [.. listed.Select(partition => partition.Offset)];
    }

    /// <summary>As it stands in a request: <c>earliest</c>, <c>latest</c>, <c>-100</c>, or ms since 1970 in at least twelve digits.</summary>
    public override string ToString() => _kind switch
    {
        Kind.Earliest => "earliest",
        Kind.Latest => "latest",
        Kind.Last => (-_value).ToString(CultureInfo.InvariantCulture),
        _ => _value.ToString("D12", CultureInfo.InvariantCulture),
    };
}
