using System.Text.Json;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Lines of JSON. A record is a line as in a page; a line with <c>end</c> is the last one. In a stream a line with <c>event</c> is what
/// server-sent events name so, and every line has the position, a record's as its last member: whoever is cut off goes on from the last line
/// that came whole.
/// </summary>
internal sealed class NdjsonDress : IStreamDress
{
    private readonly PooledBuffer _target;
    private readonly ReadSession _session;
    private readonly RecordShape _shape;
    private readonly TimeProvider _time;
    private readonly string _requestId;
    private readonly Utf8JsonWriter _json;

    public NdjsonDress(PooledBuffer target, ReadSession session, RecordShape shape, TimeProvider time, string requestId)
    {
        _target = target;
        _session = session;
        _shape = shape;
        _time = time;
        _requestId = requestId;
        _json = new Utf8JsonWriter(target, ApiJson.WriterOptions);
    }

    /// <summary>Whether each record's line has its cursor; a page has one at its end.</summary>
    public bool IsStream { get; init; }

    public TailForm Form => new(IsEvents: false, _shape);

    public void Open()
    {
    }

    public void Record(in ReadItem item)
    {
        _json.Reset();
        RecordJson.Write(_json, item.Topic, item.Partition, item.Record, _shape);
        _json.Flush();
        EndRecord();
    }

    public void Line(ReadOnlySpan<byte> json)
    {
        _target.Write(json);
        EndRecord();
    }

    public void Notice(ReadNotice notice)
    {
        Begin(notice.Kind.ToString().ToLowerInvariant());
        if (notice.Problem is null)
        {
            notice.WriteMembers(_json);
        }
        else
        {
            _json.WritePropertyName("problem");
            notice.Write(_json, _requestId);
        }

        EndObject();
    }

    public void Heartbeat() => WriteTimeAndLag("heartbeat");

    public void UpToDate() => WriteTimeAndLag("up-to-date");

    public void Bye(string reason, bool reconnect)
    {
        Begin();
        _json.WriteBoolean("end", true);
        PageEnd.Write(_json, _session, []);
        _json.WriteString("reason", reason);
        EndObject();
    }

    /// <summary>The last line of a page.</summary>
    public void EndPage(List<ReadNotice> gaps)
    {
        Begin();
        _json.WriteBoolean("end", true);
        PageEnd.Write(_json, _session, gaps);
        EndObject();
    }

    public void Dispose() => _json.Dispose();

    private void WriteTimeAndLag(string name)
    {
        Begin(name);
        _json.WriteString("time", _time.GetUtcNow().UtcDateTime);
        _json.WriteNumber("lag", _session.Lag);
        EndObject();
    }

    // A cursor's characters need no escape.
    private void EndRecord()
    {
        if (IsStream)
        {
            _target.Truncate(_target.Length - 1); // the brace
            _target.Write(",\"cursor\":\""u8);
            Cursor.Write(_target, _session.Position);
            _target.Write("\"}"u8);
        }

        _target.Write("\n"u8);
    }

    private void Begin(string name)
    {
        Begin();
        _json.WriteString("event", name);
        _json.WriteString("cursor", Cursor.Format(_session.Position));
    }

    private void Begin()
    {
        _json.Reset();
        _json.WriteStartObject();
    }

    private void EndObject()
    {
        _json.WriteEndObject();
        _json.Flush();
        _target.Write("\n"u8);
    }
}
