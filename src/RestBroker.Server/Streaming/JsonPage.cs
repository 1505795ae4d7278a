using System.Runtime.CompilerServices;
using System.Text.Json;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// The JSON dress of a read: <c>{"records":[…],"cursor":"…","upToDate":true}</c>. A page that is small is made in memory and sent when it is
/// whole; of a larger one no more is held than a step of the read and a slice of the answer. Until something is sent it can still be
/// refused; afterwards trouble ends the page early, and its cursor says where.
/// </summary>
internal sealed class JsonPage : IDisposable
{
    private readonly ReadSession _session;
    private readonly RecordShape _shape;
    private readonly PageOutput _output;
    private readonly List<ReadNotice> _gaps = [];

    /// <param name="context">The request.</param>
    /// <param name="session">What is read.</param>
    /// <param name="shape">How values are shown.</param>
    /// <param name="clocks">Tells when a client takes nothing.</param>
    public JsonPage(HttpContext context, ReadSession session, RecordShape shape, StreamClocks clocks)
    {
        _session = session;
        _shape = shape;
        _output = new PageOutput(context, clocks.Stalls);
        Json = new Utf8JsonWriter(_output, ApiJson.WriterOptions);
        Json.WriteStartObject();
        Json.WriteStartArray("records");
    }

    /// <summary>For members that a caller adds after <see cref="Close"/>.</summary>
    public Utf8JsonWriter Json { get; }

    public long? FirstOffset { get; private set; }

    public long? LastOffset { get; private set; }

    /// <summary>Reads a page that must be whole before it is sent, whatever its size: what it says may not hold any more by then.</summary>
    public async ValueTask ReadWholeAsync(PageLoop loop, ReadLifetime lifetime) => await FillAsync(loop, lifetime, int.MaxValue);

    /// <summary>Reads the page up to what is held in memory; false where there is more of it.</summary>
    public ValueTask<bool> ReadAsync(PageLoop loop, ReadLifetime lifetime) => FillAsync(loop, lifetime, PageOutput.WholeSize);

    /// <summary>Sends what was read and goes on with the rest of the page.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendRestAsync(PageLoop loop, ReadLifetime lifetime)
    {
        bool isWhole;
        do
        {
            Json.Flush();
            await _output.FlushAsync();
            isWhole = await FillAsync(loop, lifetime, PageOutput.SliceSize);
        }
        while (!isWhole);
    }

    /// <summary>Says how the page ends.</summary>
    public void Close()
    {
        Json.WriteEndArray();
        PageEnd.Write(Json, _session, _gaps);
    }

    /// <summary>Sends what was not sent yet.</summary>
    public ValueTask SendAsync()
    {
        Json.WriteEndObject();
        Json.Flush();
        return _output.EndAsync();
    }

    public void Dispose()
    {
        Json.Reset(); // what was cut off is not sent
        Json.Dispose();
        _output.Dispose();
    }

    // To the page's end, or until there is so much to send: then false.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(PageLoop loop, ReadLifetime lifetime, int size)
    {
        var full = Json.BytesCommitted + Json.BytesPending + size;
        do
        {
            while (_session.TryRead(out var item))
            {
                Add(item);
                if (Json.BytesCommitted + Json.BytesPending >= full) return false;
            }
        }
        while (await loop.NextAsync(lifetime));
        return true;
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
