using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace RestBroker.Server.Contracts;

/// <summary>What every read takes. OpenAPI takes the words from the attributes: it does not look into comments here.</summary>
internal abstract class ReadQuery
{
    [Description("At most this many records, 1 to 10,000. A page: default 500. A stream: it ends after so many, default never.")]
    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    [Description("At most this many bytes of keys, values and headers, yet at least one record; default 1048576. A stream is not bounded by it.")]
    [FromQuery(Name = "maxBytes")]
    public int? MaxBytes { get; init; }

    [Description("How long to wait for a first record, 0 to 50 s; default 0. A stream always waits.")]
    [FromQuery(Name = "wait")]
    public double? Wait { get; init; }

    [Description("Only records with exactly this key.")]
    [FromQuery(Name = "key")]
    public string? Key { get; init; }

    [Description("Only records whose key begins so. Headers are asked for by `header.name=value`.")]
    [FromQuery(Name = "keyPrefix")]
    public string? KeyPrefix { get; init; }

    [Description("Shows every value as `text` (where it is valid UTF-8) or as `base64`, whatever it is.")]
    [FromQuery(Name = "as")]
    public string? As { get; init; }

    [Description("Positions before the start of the log or beyond its end are moved there instead of being refused.")]
    [FromQuery(Name = "clamp")]
    public bool? Clamp { get; init; }
}

/// <summary>What a read of topics takes besides.</summary>
internal abstract class TopicReadQuery : ReadQuery
{
    [Description("Where to begin: `earliest`, `latest`, `-n` (the last n of each partition), or a time (RFC 3339, or ms since 1970).")]
    [FromQuery(Name = "from")]
    public string? From { get; init; }

    [Description("Where to end: `now` (where the partitions end when the request comes), or a time that has passed: each partition ends before its first record of that time or later. A stream says `bye` there.")]
    [FromQuery(Name = "until")]
    public string? Until { get; init; }

    [Description("Where to go on: the `cursor` of the page before, or the id of an event. Not together with `from`.")]
    [FromQuery(Name = "cursor")]
    public string? Cursor { get; init; }

    [Description("Only these partitions: `0,2`. With a cursor, some of its partitions.")]
    [FromQuery(Name = "partitions")]
    public string? Partitions { get; init; }
}

/// <summary>What a fetch takes.</summary>
internal sealed class FetchQuery : TopicReadQuery
{
    [Description("With `Accept: application/x-ndjson`: goes on without end.")]
    [FromQuery(Name = "follow")]
    public bool? Follow { get; init; }
}

/// <summary>What an event stream takes.</summary>
internal sealed class EventQuery : TopicReadQuery;

/// <summary>What chooses records inside a consumer group.</summary>
internal abstract class GroupFilterQuery
{
    [Description("Only records with exactly this key; cursors and ids, and what they commit, go over the others. Not in a shared group.")]
    [FromQuery(Name = "key")]
    public string? Key { get; init; }

    [Description("Only records whose key begins so. Headers are asked for by `header.name=value`. Not in a shared group.")]
    [FromQuery(Name = "keyPrefix")]
    public string? KeyPrefix { get; init; }
}

/// <summary>What an event stream of a consumer group takes.</summary>
internal sealed class GroupEventQuery : GroupFilterQuery
{
    [Description("The member's name: any, but each page or process its own.")]
    [FromQuery(Name = "member")]
    public string? Member { get; init; }

    [Description("The stream ends after so many records, 1 to 10,000; default never.")]
    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    [Description("Shows every value as `text` (where it is valid UTF-8) or as `base64`, whatever it is.")]
    [FromQuery(Name = "as")]
    public string? As { get; init; }
}

/// <summary>What the query of a fetch inside a group takes: all of it without a body, and beside a body the filter.</summary>
internal sealed class GroupFetchQuery : GroupFilterQuery
{
    [Description("Without a body: what the group reads.")]
    [FromQuery(Name = "topic")]
    public string? Topic { get; init; }

    [Description("Without a body: the member's name.")]
    [FromQuery(Name = "member")]
    public string? Member { get; init; }

    [Description("Without a body: must be `true`.")]
    [FromQuery(Name = "autoCommit")]
    public bool? AutoCommit { get; init; }

    [Description("Without a body: at most this many records, 1 to 10,000; default 500.")]
    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    [Description("Without a body: how long to wait for a record, 0 to 50 s; default 0.")]
    [FromQuery(Name = "wait")]
    public double? Wait { get; init; }

    internal bool HasMembers => this is not { Topic: null, Member: null, AutoCommit: null, Limit: null, Wait: null };
}

/// <summary>What a fetch from one partition takes.</summary>
internal sealed class PartitionFetchQuery : ReadQuery
{
    [Description("The first offset wanted; default the start of the log.")]
    [FromQuery(Name = "offset")]
    public long? Offset { get; init; }
}
