using System.Globalization;
using System.Text;
using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Server-sent events: every one with the whole position as its id and exactly one line of data, so that no text of a record can end or
/// begin an event. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html.
/// </summary>
internal sealed class EventDress : IStreamDress, IDisposable
{
    private const int RetryMilliseconds = 2000;

    private readonly PooledBuffer _target;
    private readonly ReadSession _session;
    private readonly RecordShape _shape;
    private readonly TimeProvider _time;
    private readonly string _requestId;
    private readonly Utf8JsonWriter _json;

    public EventDress(PooledBuffer target, ReadSession session, RecordShape shape, TimeProvider time, string requestId)
    {
        _target = target;
        _session = session;
        _shape = shape;
        _time = time;
        _requestId = requestId;
        _json = new Utf8JsonWriter(target, ApiJson.WriterOptions);
    }

    public void Open() => _target.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {RetryMilliseconds}\n\n")));

    public void Record(in ReadItem item)
    {
        Begin("", _session.Position);
        RecordJson.Write(_json, item.Topic, item.Partition, item.Record, _shape);
        End();
    }

    public void Notice(ReadNotice notice)
    {
        var isFinal = notice.Problem is { } problem && !BrokerErrors.Of(problem.Error).Retriable;
        Begin(notice.Kind.ToString().ToLowerInvariant(), isFinal ? [] : _session.Position);
        notice.Write(_json, _requestId);
        End();
    }

    public void Heartbeat()
    {
        Begin("heartbeat", _session.Position);
        WriteTimeAndLag();
        End();
    }

    public void UpToDate()
    {
        Begin("up-to-date", _session.Position);
        WriteTimeAndLag();
        End();
    }

    public void Bye(string reason, bool reconnect)
    {
        Begin("bye", reconnect ? _session.Position : []);
        _json.WriteStartObject();
        _json.WriteString("reason", reason);
        _json.WriteBoolean("reconnect", reconnect);
        _json.WriteEndObject();
        End();
    }

    public void Dispose() => _json.Dispose();

    private void WriteTimeAndLag()
    {
        _json.WriteStartObject();
        _json.WriteString("time", _time.GetUtcNow().UtcDateTime);
        _json.WriteNumber("lag", _session.Lag);
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
        Cursor.Write(_target, position);
        _target.Write("\ndata: "u8);
        _json.Reset();
    }

    private void End()
    {
        _json.Flush();
        _target.Write("\n\n"u8);
    }
}
