using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace RestBroker.Storage.Files;

/// <summary>A moving view of a file that reads ahead. Not thread-safe.</summary>
/// <param name="files">Reads it.</param>
/// <param name="file">The file.</param>
/// <param name="chunkSize">Bytes to read at a time, at least.</param>
/// <param name="mayWait">Whether the disk may be waited for; see <see cref="IsOnDisk"/>.</param>
internal sealed class FileWindow(IFileStore files, SafeFileHandle file, int chunkSize, bool mayWait = true) : IDisposable
{
    private byte[] _buffer = [];
    private long _start;
    private int _count;

    /// <summary>Whether something was looked at that memory does not hold: the window was empty there, and tells nothing of the file.</summary>
    public bool IsOnDisk { get; private set; }

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

        (_start, _count) = (position, 0);
        var target = _buffer.AsSpan(0, size);
        if (mayWait) _count = files.Read(file, target, position);
        else if (files.TryRead(file, target, position, out var count)) _count = count;
        else IsOnDisk = true;
    }
}
