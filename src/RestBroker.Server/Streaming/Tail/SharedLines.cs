using System.Text.Json;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Streaming.Tail;

/// <summary>
/// The JSON of a topic's newest records, for hubs that differ in everything else: whichever comes first writes a record, the others take
/// it. Where there is one hub nothing is kept. Thread-safe.
/// </summary>
internal sealed class SharedLines(LineRegistry registry, (Guid TopicId, RecordShape Shape) scope) : IDisposable
{
    // What two hubs are apart at the end of a log, in bytes.
    private const int MaxBytes = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<(int Partition, long Offset), byte[]> _lines = [];
    private readonly Queue<(int Partition, long Offset)> _order = [];
    private long _bytes;

    /// <summary>What they are of.</summary>
    public (Guid TopicId, RecordShape Shape) Scope => scope;

    /// <summary>Hubs that use it; the registry counts them.</summary>
    public int UserCount { get; set; }

    /// <summary>Whether more than one hub reads the topic.</summary>
    public bool IsShared => UserCount > 1;

    /// <summary>The record's JSON.</summary>
    public byte[] GetOrWrite(in ReadItem item)
    {
        var place = (item.Partition, item.Record.Offset);
        lock (_gate)
        {
            if (_lines.TryGetValue(place, out var known)) return known;
        }

        var line = Write(item);
        lock (_gate)
        {
            if (!_lines.TryAdd(place, line)) return line;
            _order.Enqueue(place);
            for (_bytes += line.Length; _bytes > MaxBytes;)
            {
                _lines.Remove(_order.Dequeue(), out var oldest);
                _bytes -= oldest!.Length;
            }
        }

        return line;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _lines.Clear();
            _order.Clear();
            _bytes = 0;
        }
    }

    /// <summary>A user is done.</summary>
    public void Dispose() => registry.Release(this);

    private byte[] Write(in ReadItem item)
    {
        using var buffer = new PooledBuffer();
        using (var json = new Utf8JsonWriter(buffer, ApiJson.WriterOptions)) RecordJson.Write(json, item.Topic, item.Partition, item.Record, scope.Shape);
        return buffer.Written.ToArray();
    }
}
