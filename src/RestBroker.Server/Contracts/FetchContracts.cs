using System.Text.Json;

namespace RestBroker.Server.Contracts;

/// <summary>A page of records.</summary>
/// <param name="Records">In order within each partition; partitions are read in turn.</param>
/// <param name="Cursor">Where to go on: give it back as <c>cursor</c>.</param>
/// <param name="UpToDate">Whether every partition was read to its end.</param>
/// <param name="Gaps">Offsets that were wanted and cannot be had; absent where there are none.</param>
public sealed record FetchResponse(IReadOnlyList<RecordResponse> Records, string Cursor, bool UpToDate, IReadOnlyList<GapResponse>? Gaps);

/// <summary>A record. Exactly one of value, text and base64 is there; a tombstone has <c>"value":null</c>.</summary>
public record RecordResponse
{
    /// <summary>The topic.</summary>
    public required string Topic { get; init; }

    /// <summary>The partition.</summary>
    public required int Partition { get; init; }

    /// <summary>Its place in the partition.</summary>
    public required long Offset { get; init; }

    /// <summary>In ms since 1970, as in Kafka.</summary>
    public required long Timestamp { get; init; }

    /// <summary>The key as text; absent = the record has no key, "" = it has an empty one.</summary>
    public string? Key { get; init; }

    /// <summary>The key as base64, where it is not text.</summary>
    public string? KeyBase64 { get; init; }

    /// <summary>Pairs of a name and a text, <c>{"base64":"…"}</c> or null, in their order; names may repeat.</summary>
    public required IReadOnlyList<IReadOnlyList<JsonElement>> Headers { get; init; }

    /// <summary>The value as the JSON that was sent (line breaks between tokens become spaces); null = a tombstone.</summary>
    public JsonElement? Value { get; init; }

    /// <summary>The value as text.</summary>
    public string? Text { get; init; }

    /// <summary>The value's bytes.</summary>
    public string? Base64 { get; init; }
}

/// <summary>Offsets that cannot be had.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="From">The first.</param>
/// <param name="To">One past the last: where the read goes on.</param>
/// <param name="Reason"><c>corrupt</c> (damaged on disk) or <c>trimmed</c> (before the start of the log).</param>
public sealed record GapResponse(string Topic, int Partition, long From, long To, string Reason);
