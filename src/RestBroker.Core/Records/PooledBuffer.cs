using System.Buffers;

namespace RestBroker.Core.Records;

/// <summary>A growing buffer from the shared pool. Disposal gives its memory back; what is written later takes some anew. Not thread-safe.</summary>
public sealed class PooledBuffer(int capacity = 4096) : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = capacity == 0 ? [] : ArrayPool<byte>.Shared.Rent(Math.Max(capacity, 16));

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written; valid until the next write or disposal.</summary>
    public Memory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Makes room for so many more bytes at once.</summary>
    public void Reserve(int count)
    {
        if (_bytes.Length - Length >= count) return;
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max((long)_bytes.Length * 2, (long)Length + count), Array.MaxLength));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        var old = _bytes;
        _bytes = larger;
        if (old.Length > 0) ArrayPool<byte>.Shared.Return(old);
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - Length);
        Length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(Length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> source)
    {
        source.CopyTo(GetSpan(source.Length));
        Length += source.Length;
    }

    /// <summary>Forgets what was written from <paramref name="length"/> on.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Length);
        Length = length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var bytes = _bytes;
        _bytes = [];
        Length = 0;
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
    }
}
