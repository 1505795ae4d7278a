namespace RestBroker.Benchmarks.Limit;

/// <summary>
/// Writes bytes behind each other into files of a segment's size and deletes the oldest, as a log with retention does, and nothing else.
/// Not thread-safe.
/// </summary>
internal sealed class RawWriter(string directory, long fileSize, int filesKept) : IDisposable
{
    private readonly Queue<string> _files = new();
    private FileStream? _file;
    private int _next;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_file is null || _file.Position + bytes.Length > fileSize) Roll();
        _file!.Write(bytes);
    }

    public void Dispose() => _file?.Dispose();

    private void Roll()
    {
        _file?.Dispose();
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, $"{_next++:D8}");
        _file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 });
        _files.Enqueue(path);
        while (_files.Count > filesKept) File.Delete(_files.Dequeue());
    }
}
