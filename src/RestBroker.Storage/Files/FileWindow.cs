using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace RestBroker.Storage.Files;

/// <summary>A moving view of a file that reads ahead. Not thread-safe.</summary>
internal sealed class FileWindow(IFileStore files, SafeFileHandle file, int chunkSize) : IDisposable
{
    private byte[] _buffer = [];
    private long _start;
    private int _count;

    /// <summary>The bytes at a position, fewer where the file ends; valid until the next call.</summary>
    public Memory<byte> At(long position, int count)
    {
        if (position < _start || position + count > _start + _count) Fill(position, Math.Max(count, chunkSize));
        var from = (int)(position - _start);
        return _buffer.AsMemory(from, Math.Min(count, _count - from));
    }

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _count = 0;
    }

    private void Fill(long position, int size)
    {
        if (_buffer.Length < size)
        {
            Dispose();
            _buffer = ArrayPool<byte>.Shared.Rent(size);
        }

        _count = 0;
        _start = position;
        _count = files.Read(file, _buffer.AsSpan(0, size), position);
    }
}
