using RestBroker.Core.Records;

namespace RestBroker.Server.Producing;

/// <summary>A record as a client wrote it, checked; a view over the request's memory.</summary>
internal readonly record struct ProducedRecord
{
    /// <summary>Null = no key.</summary>
    public ReadOnlyMemory<byte>? Key { get; init; }

    /// <summary>Null = a tombstone.</summary>
    public ReadOnlyMemory<byte>? Value { get; init; }

    /// <summary>With <c>rb-format</c> where it is needed.</summary>
    public Header[] Headers { get; init; }

    /// <summary>In ms since 1970; null = the broker's clock.</summary>
    public long? Timestamp { get; init; }

    /// <summary>The partition asked for; null = by the key.</summary>
    public int? Partition { get; init; }
}

/// <summary>Where a record went.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Offset">The offset.</param>
/// <param name="Timestamp">Its timestamp in ms since 1970.</param>
internal readonly record struct Receipt(int Partition, long Offset, long Timestamp);
