using Microsoft.AspNetCore.Mvc;

namespace RestBroker.Server.Contracts;

/// <summary>What every read takes.</summary>
internal abstract class ReadQuery
{
    /// <summary>At most this many records, 1 to 10,000. A page: default 500. A stream: it ends after so many, default never.</summary>
    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    /// <summary>At most this many bytes of keys, values and headers, yet at least one record; default 1048576. A stream is not bounded by it.</summary>
    [FromQuery(Name = "maxBytes")]
    public int? MaxBytes { get; init; }

    /// <summary>How long to wait for a first record, 0 to 50 s; default 0. A stream always waits.</summary>
    [FromQuery(Name = "wait")]
    public double? Wait { get; init; }

    /// <summary>Only records with exactly this key.</summary>
    [FromQuery(Name = "key")]
    public string? Key { get; init; }

    /// <summary>Only records whose key begins so. Headers are asked for by <c>header.name=value</c>.</summary>
    [FromQuery(Name = "keyPrefix")]
    public string? KeyPrefix { get; init; }

    /// <summary>Shows every value as <c>text</c> (where it is valid UTF-8) or as <c>base64</c>, whatever it is.</summary>
    [FromQuery(Name = "as")]
    public string? As { get; init; }

    /// <summary>Positions before the start of the log or beyond its end are moved there instead of being refused.</summary>
    [FromQuery(Name = "clamp")]
    public bool? Clamp { get; init; }
}

/// <summary>What a read of topics takes besides.</summary>
internal abstract class TopicReadQuery : ReadQuery
{
    /// <summary>Where to begin: <c>earliest</c>, <c>latest</c>, <c>-n</c> (the last n of each partition), or a time (RFC 3339, or ms since 1970).</summary>
    [FromQuery(Name = "from")]
    public string? From { get; init; }

    /// <summary>Where to go on: the <c>cursor</c> of the page before, or the id of an event. Not together with <c>from</c>.</summary>
    [FromQuery(Name = "cursor")]
    public string? Cursor { get; init; }

    /// <summary>Only these partitions: <c>0,2</c>. With a cursor, some of its partitions.</summary>
    [FromQuery(Name = "partitions")]
    public string? Partitions { get; init; }
}

/// <summary>What a fetch takes.</summary>
internal sealed class FetchQuery : TopicReadQuery
{
    /// <summary>With <c>Accept: application/x-ndjson</c>: goes on without end.</summary>
    [FromQuery(Name = "follow")]
    public bool? Follow { get; init; }
}

/// <summary>What an event stream takes.</summary>
internal sealed class EventQuery : TopicReadQuery;

/// <summary>What a fetch from one partition takes.</summary>
internal sealed class PartitionFetchQuery : ReadQuery
{
    /// <summary>The first offset wanted; default the start of the log.</summary>
    [FromQuery(Name = "offset")]
    public long? Offset { get; init; }
}
