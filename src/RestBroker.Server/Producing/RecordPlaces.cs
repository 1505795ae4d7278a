using System.Buffers;

namespace RestBroker.Server.Producing;

/// <summary>Where the records of one request are, in its order, in pooled memory: a request of a hundred leaves nothing to collect. Not thread-safe.</summary>
internal sealed class RecordPlaces : IDisposable
{
    private const int FirstCapacity = 16;

    private RecordPlace[] _places = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The place of a record.</summary>
    public ref readonly RecordPlace this[int index] => ref _places.AsSpan(0, Count)[index];

    /// <summary>Adds a record's place at the end.</summary>
    public void Add(in RecordPlace place)
    {
        if (Count == _places.Length) Grow();
        _places[Count++] = place;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var places = _places;
        (_places, Count) = ([], 0);
        if (places.Length > 0) ArrayPool<RecordPlace>.Shared.Return(places);
    }

    private void Grow()
    {
        var larger = ArrayPool<RecordPlace>.Shared.Rent(Math.Max(_places.Length * 2, FirstCapacity));
        _places.CopyTo(larger, 0);
        var old = _places;
        _places = larger;
        if (old.Length > 0) ArrayPool<RecordPlace>.Shared.Return(old);
    }
}

/// <summary>Where a record of a request is.</summary>
/// <param name="Partition">Its partition.</param>
/// <param name="Index">Its place in that partition's batch.</param>
/// <param name="Timestamp">Its timestamp in ms since 1970.</param>
/// <param name="IsOwnTime">Whether its client gave that; else it is the broker's clock.</param>
internal readonly record struct RecordPlace(int Partition, int Index, long Timestamp, bool IsOwnTime);
