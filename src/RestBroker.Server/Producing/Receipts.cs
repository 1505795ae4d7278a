using System.Buffers;
using RestBroker.Core.Errors;

namespace RestBroker.Server.Producing;

/// <summary>Where the records of a request are, in its order; in pooled memory until disposal.</summary>
internal readonly record struct Receipts : IDisposable
{
    private readonly Receipt[] _items;

    public Receipts(int count)
    {
        (_items, Count) = (ArrayPool<Receipt>.Shared.Rent(count), count);
        Items.Clear();
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>One for each record; of a record that is nowhere, nothing.</summary>
    public Span<Receipt> Items => _items.AsSpan(0, Count);

    /// <summary>Whether an earlier try had stored all of them.</summary>
    public bool Duplicate { get; init; }

    /// <summary>Why some of them are nowhere, with <c>results</c>; null = all are stored.</summary>
    public BrokerException? Failure { get; init; }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<Receipt>.Shared.Return(_items);
}
