using System.Text.Json;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Lines of JSON. A record is a line as in a page; a line with <c>end</c> is the last one; in a stream a line with <c>event</c> is a
/// notice, and a heartbeat is an empty line, which readers of NDJSON pass over.
/// </summary>
internal sealed class NdjsonDress : IStreamDress, IDisposable
{
    private readonly PooledBuffer _target;
    private readonly ReadSession _session;
    private readonly RecordShape _shape;
    private readonly string _requestId;
    private readonly Utf8JsonWriter _json;

    public NdjsonDress(PooledBuffer target, ReadSession session, RecordShape shape, string requestId)
    {
        _target = target;
        _session = session;
        _shape = shape;
        _requestId = requestId;
        _json = new Utf8JsonWriter(target, ApiJson.WriterOptions);
    }

    public TailForm Form => new(IsEvents: false, _shape);

    public void Open()
    {
    }

    public void Record(in ReadItem item)
    {
        _json.Reset();
        RecordJson.Write(_json, item.Topic, item.Partition, item.Record, _shape);
        EndLine();
    }

    public void Line(ReadOnlySpan<byte> json)
    {
        _target.Write(json);
        _target.Write("\n"u8);
    }

    public void Notice(ReadNotice notice)
    {
        Begin();
        _json.WriteString("event", notice.Kind.ToString().ToLowerInvariant());
        _json.WriteString("cursor", Cursor.Format(_session.Position));
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

    public void Heartbeat() => _target.Write("\n"u8);

    public void UpToDate()
    {
    }

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

    private void Begin()
    {
        _json.Reset();
        _json.WriteStartObject();
    }

    private void EndObject()
    {
        _json.WriteEndObject();
        EndLine();
    }

    private void EndLine()
    {
        _json.Flush();
        _target.Write("\n"u8);
    }
}
