using System.Collections;

namespace RestBroker.Core.Records;

/// <summary>A record's headers, read from its bytes as they are asked for. The bytes were checked when the record was read.</summary>
public readonly struct RecordHeaders : IEnumerable<Header>
{
    private readonly ReadOnlyMemory<byte> _bytes;

    internal RecordHeaders(int count, ReadOnlyMemory<byte> bytes)
    {
        Count = count;
        _bytes = bytes;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>The headers as the record holds them.</summary>
    internal ReadOnlyMemory<byte> Bytes => _bytes;

    internal RecordHeaders Copy() => new(Count, _bytes.ToArray());

    /// <summary>For <c>foreach</c> without an allocation.</summary>
    public Enumerator GetEnumerator() => new(Count, _bytes);

    IEnumerator<Header> IEnumerable<Header>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Reads one header after the other.</summary>
    public struct Enumerator : IEnumerator<Header>
    {
        private readonly RecordFieldReader _fields;
        private int _position;
        private int _left;

        internal Enumerator(int count, ReadOnlyMemory<byte> bytes)
        {
            _fields = new RecordFieldReader(bytes);
            _left = count;
        }

        /// <inheritdoc/>
        public Header Current { get; private set; }

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext()
        {
            if (_left-- <= 0) return false;
            var name = _fields.Bytes(ref _position) ?? ReadOnlyMemory<byte>.Empty;
            Current = new Header(name, _fields.Bytes(ref _position));
            return true;
        }

        /// <inheritdoc/>
        public void Reset() => throw new NotSupportedException();

        /// <inheritdoc/>
        public readonly void Dispose()
        {
        }
    }
}
