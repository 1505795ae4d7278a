using System.Globalization;
using System.Text;
using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups.Shared;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Server-sent events: every one with the whole position as its id and exactly one line of data, so that no text of a record can end or
/// begin an event. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html.
/// </summary>
internal sealed class EventDress : IStreamDress
{
    private const int RetryMilliseconds = 2000;

    // The id of a stream that is over.
    private static readonly CursorTopic[] Nowhere = [];

    private readonly PooledBuffer _target;
    private readonly RecordShape _shape;
    private readonly TimeProvider _time;
    private readonly string _requestId;
    private readonly Utf8JsonWriter _json;

    public EventDress(PooledBuffer target, ReadSession session, RecordShape shape, TimeProvider time, string requestId)
    {
        _target = target;
        Session = session;
        _shape = shape;
        _time = time;
        _requestId = requestId;
        _json = new Utf8JsonWriter(target, ApiJson.WriterOptions);
    }

    /// <summary>The read whose position is the events' id.</summary>
    public ReadSession Session { get; set; }

    /// <summary>In a consumer group: the epoch of the lease, which every id carries.</summary>
    public int? Epoch { get; set; }

    /// <summary>What stands as the lag in heartbeats instead of the read's; null = the read's.</summary>
    public long? Lag { get; set; }

    public TailForm Form => new(IsEvents: true, _shape);

    public void Open() => _target.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {RetryMilliseconds}\n\n")));

    public void Record(in ReadItem item)
    {
        Begin("", Session.Position);
        RecordJson.Write(_json, item.Topic, item.Partition, item.Record, _shape);
        End();
    }

    public void Line(ReadOnlySpan<byte> json)
    {
        Begin("", Session.Position);
        _target.Write(json);
        End();
    }

    /// <summary>A record of a shared group.</summary>
    public void Record(SharedRecord record)
    {
        Begin("", Session.Position);
        SharedPage.Write(_json, record, _shape);
        End();
    }

    public void Notice(ReadNotice notice) =>
        Notice(notice, notice.Problem is { } problem && !BrokerErrors.Of(problem.Error).Retriable);

    /// <summary>Says a notice after which, where it is final, nobody reconnects.</summary>
    public void Notice(ReadNotice notice, bool isFinal)
    {
        Begin(notice.Kind.ToString().ToLowerInvariant(), isFinal ? Nowhere : Session.Position);
        notice.Write(_json, _requestId);
        End();
    }

    public void Heartbeat()
    {
        Begin("heartbeat", Session.Position);
        WriteTimeAndLag();
        End();
    }

    public void UpToDate()
    {
        Begin("up-to-date", Session.Position);
        WriteTimeAndLag();
        End();
    }

    public void Bye(string reason, bool reconnect)
    {
        Begin("bye", reconnect ? Session.Position : Nowhere);
        _json.WriteStartObject();
        _json.WriteString("reason", reason);
        _json.WriteBoolean("reconnect", reconnect);
        _json.WriteEndObject();
        End();
    }

    /// <summary>What a member of a group holds from here on.</summary>
    public void Lease(LeaseResponse lease)
    {
        Begin("lease", Session.Position);
        JsonSerializer.Serialize(_json, lease, ApiJson.Serializer);
        End();
    }

    /// <summary>What a member of a group no longer holds.</summary>
    public void Revoked(RevokedResponse revoked)
    {
        Begin("revoked", Session.Position);
        JsonSerializer.Serialize(_json, revoked, ApiJson.Serializer);
        End();
    }

    public void Dispose() => _json.Dispose();

    private void WriteTimeAndLag()
    {
        _json.WriteStartObject();
        _json.WriteString("time", _time.GetUtcNow().UtcDateTime);
        _json.WriteNumber("lag", Lag ?? Session.Lag);
        _json.WriteEndObject();
    }

    // A record's event has no name: it is the default one, "message".
    private void Begin(string name, IReadOnlyList<CursorTopic> position)
    {
        if (name.Length > 0)
        {
            _target.Write("event: "u8);
            _target.Write(Encoding.ASCII.GetBytes(name));
            _target.Write("\n"u8);
        }

        _target.Write("id: "u8);
        if (Epoch is { } epoch && !ReferenceEquals(position, Nowhere)) Cursor.Write(_target, position, epoch);
        else Cursor.Write(_target, position);
        _target.Write("\ndata: "u8);
        _json.Reset();
    }

    private void End()
    {
        _json.Flush();
        _target.Write("\n\n"u8);
    }
}
