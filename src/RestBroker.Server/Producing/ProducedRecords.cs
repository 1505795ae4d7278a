using System.Buffers;

namespace RestBroker.Server.Producing;

/// <summary>The records of one request, in pooled memory: a request of a hundred leaves nothing to collect. Not thread-safe.</summary>
internal sealed class ProducedRecords : IDisposable
{
    private const int FirstCapacity = 16;

    private ProducedRecord[] _records = ArrayPool<ProducedRecord>.Shared.Rent(FirstCapacity);

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>A record, where it lies.</summary>
    public ref readonly ProducedRecord this[int index] => ref _records.AsSpan(0, Count)[index];

    /// <summary>Adds a record at the end.</summary>
    public void Add(in ProducedRecord record)
    {
        if (Count == _records.Length) Grow();
        _records[Count++] = record;
    }

    /// <summary>For <c>foreach</c>.</summary>
    public ReadOnlySpan<ProducedRecord>.Enumerator GetEnumerator() => ((ReadOnlySpan<ProducedRecord>)_records.AsSpan(0, Count)).GetEnumerator();

    /// <inheritdoc/>
    public void Dispose()
    {
        var records = _records;
        if (records.Length > 0) Return(records);
        (_records, Count) = ([], 0);
    }

    private void Grow()
    {
        var larger = ArrayPool<ProducedRecord>.Shared.Rent(Math.Max(_records.Length * 2, FirstCapacity));
        _records.CopyTo(larger, 0);
        var old = _records;
        _records = larger;
        if (old.Length > 0) Return(old);
    }

    // The pool must not keep the bodies of requests that are over alive.
    private void Return(ProducedRecord[] records)
    {
        records.AsSpan(0, Count).Clear();
        ArrayPool<ProducedRecord>.Shared.Return(records);
    }
}
