using Microsoft.Win32.SafeHandles;

namespace RestBroker.Benchmarks.Limit;

/// <summary>
/// Writes bytes behind each other into files of a segment's size and deletes the oldest, as a log with retention does, and nothing else.
/// If need be it is synced once a second, as the broker does. For one thread.
/// </summary>
internal sealed class RawWriter : IDisposable
{
    private readonly string _directory;
    private readonly long _fileSize;
    private readonly int _filesKept;
    private readonly Queue<(string Path, SafeFileHandle File)> _files = new();
    private readonly SteadySync? _sync;
    private SafeFileHandle? _file;
    private long _end;
    private int _next;

    public RawWriter(string directory, long fileSize, int filesKept, bool isSynced)
    {
        (_directory, _fileSize, _filesKept) = (directory, fileSize, filesKept);
        Directory.CreateDirectory(directory);
        if (isSynced) _sync = new SteadySync(Sync);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_file is null || _end + bytes.Length > _fileSize) Roll();
        RandomAccess.Write(_file!, bytes, _end);
        _end += bytes.Length;
    }

    public void Dispose()
    {
        _sync?.Dispose();
        foreach (var (_, file) in _files) file.Dispose();
    }

    private void Roll()
    {
        var path = Path.Combine(_directory, $"{_next++:D8}");
        (_file, _end) = (File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write), 0);
        lock (_files) _files.Enqueue((path, _file));
        while (_files.Count > _filesKept) Drop();
    }

    private void Drop()
    {
        (string Path, SafeFileHandle File) oldest;
        lock (_files) oldest = _files.Dequeue();
        File.Delete(oldest.Path);
        oldest.File.Dispose();
    }

    private void Sync()
    {
        (string Path, SafeFileHandle File)[] files;
        lock (_files) files = [.. _files];
        foreach (var (_, file) in files)
        {
            try
            {
                DataSync.Run(file);
            }
            catch (ObjectDisposedException)
            {
                // Deleted meanwhile: nobody asks for it any more.
            }
        }
    }
}
