using Microsoft.Win32.SafeHandles;

namespace RestBroker.Benchmarks.Limit;

/// <summary>A file that is appended to, from its beginning again at a GiB. One thread appends; another may sync.</summary>
internal sealed class FramedFile(string path) : IDisposable
{
    private const long MaxSize = 1 << 30;

    private readonly SafeFileHandle _file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
    private long _end;

    public void Append(ReadOnlySpan<byte> bytes, bool isSynced)
    {
        if (_end + bytes.Length > MaxSize)
        {
            // As new pages as a segment's: an overwrite in place would cost less than an append.
            RandomAccess.SetLength(_file, 0);
            _end = 0;
        }

        RandomAccess.Write(_file, bytes, _end);
        _end += bytes.Length;
        if (isSynced) Sync();
    }

    public void Sync() => DataSync.Run(_file);

    public void Dispose() => _file.Dispose();
}
