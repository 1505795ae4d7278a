using System.Text.Json;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Streaming;

/// <summary>
/// The JSON dress of a read: <c>{"records":[…],"cursor":"…","upToDate":true}</c>. The page is made in memory, which its bounds keep
/// small, and sent when it is whole: until then it can still be refused.
/// </summary>
internal sealed class JsonPage : IDisposable
{
    private readonly ReadSession _session;
    private readonly RecordShape _shape;
    private readonly PooledBuffer _body = new();
    private readonly List<ReadNotice> _gaps = [];

    public JsonPage(ReadSession session, RecordShape shape)
    {
        _session = session;
        _shape = shape;
        Json = new Utf8JsonWriter(_body, ApiJson.WriterOptions);
    }

    /// <summary>For members that a caller adds after <see cref="ReadAsync"/>.</summary>
    public Utf8JsonWriter Json { get; }

    public long? FirstOffset { get; private set; }

    public long? LastOffset { get; private set; }

    /// <summary>Reads the page.</summary>
    public async ValueTask ReadAsync(PageLoop loop, ReadLifetime lifetime)
    {
        Json.WriteStartObject();
        Json.WriteStartArray("records");
        while (await loop.NextAsync(lifetime))
        {
            while (_session.TryRead(out var item)) Add(item);
        }

        Json.WriteEndArray();
        PageEnd.Write(Json, _session, _gaps);
    }

    /// <summary>Sends the page; nothing was sent before.</summary>
    public async Task SendAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        Json.WriteEndObject();
        await Json.FlushAsync(cancellationToken);
        response.ContentType = ContentTypes.Json;
        response.ContentLength = _body.Length;
        await response.BodyWriter.WriteAsync(_body.Written, cancellationToken);
    }

    public void Dispose()
    {
        Json.Dispose();
        _body.Dispose();
    }

    private void Add(in ReadItem item)
    {
        if (item.Notice is { } notice)
        {
            _gaps.Add(notice);
            return;
        }

        var record = item.Record;
        FirstOffset ??= record.Offset;
        LastOffset = record.Offset;
        RecordJson.Write(Json, item.Topic, item.Partition, record, _shape);
    }
}
