using System.Text.Json;

namespace RestBroker.Server.Contracts;

/// <summary>Records to store, all or none of them. JSON only; see NDJSON for streams.</summary>
/// <param name="Records">At least one; each may be for another partition.</param>
public sealed record ProduceRecordsRequest(IReadOnlyList<RecordRequest> Records);

/// <summary>A record to store: a key or none, exactly one of value, text and base64.</summary>
public sealed record RecordRequest
{
    /// <summary>The key as text; absent = no key, and "" is a key.</summary>
    /// <example>customer-42</example>
    public string? Key { get; init; }

    /// <summary>The key as base64, where it is not text.</summary>
    public string? KeyBase64 { get; init; }

    /// <summary>Any JSON, stored as it is sent; null is a tombstone.</summary>
    public JsonElement? Value { get; init; }

    /// <summary>A string, stored as its UTF-8.</summary>
    public string? Text { get; init; }

    /// <summary>Bytes as base64.</summary>
    public string? Base64 { get; init; }

    /// <summary>Pairs of a name and a text, <c>{"base64":"…"}</c> or null; names may repeat.</summary>
    public IReadOnlyList<IReadOnlyList<JsonElement>>? Headers { get; init; }

    /// <summary>RFC 3339 or ms since 1970; absent = the broker's clock.</summary>
    public JsonElement? Timestamp { get; init; }

    /// <summary>The partition; absent = by the key, or in turn.</summary>
    public int? Partition { get; init; }
}

/// <summary>Where the records are now, in the order of the request.</summary>
/// <param name="Results">One receipt a record; empty with <c>acks=none</c>.</param>
/// <param name="Duplicate">Whether they had been stored by an earlier try.</param>
public sealed record ProduceResponse(IReadOnlyList<ReceiptResponse> Results, bool Duplicate);

/// <summary>What became of each record where some partitions took theirs and others did not, in the order of the request.</summary>
/// <param name="Results">One a record.</param>
/// <param name="Duplicate">Whether all had been stored by an earlier try: never here.</param>
public sealed record PartialProduceResponse(IReadOnlyList<PartialReceiptResponse> Results, bool Duplicate);

/// <summary>Where a record is, or why it is nowhere.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Offset">The offset; absent where it was refused.</param>
/// <param name="Timestamp">Its timestamp in ms since 1970; absent where it was refused.</param>
/// <param name="Code">Why it was refused; absent where it is stored.</param>
/// <param name="Retriable">Whether it may be taken later.</param>
/// <param name="SideEffects"><c>possible</c> where it may be there all the same.</param>
public sealed record PartialReceiptResponse(int Partition, long? Offset, long? Timestamp, string? Code, bool? Retriable, string? SideEffects);

/// <summary>Where a record is.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Offset">The offset.</param>
/// <param name="Timestamp">Its timestamp in ms since 1970.</param>
public sealed record ReceiptResponse(int Partition, long Offset, long Timestamp);
