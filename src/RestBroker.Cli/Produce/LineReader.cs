using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Produce;

/// <summary>Lines of a stream as bytes, without their LF or CR LF. One thread.</summary>
internal sealed class LineReader(Stream input)
{
    /// <summary>The broker's bound on a request: a longer line could not be sent anyway.</summary>
    public const int MaxLineBytes = 8 * 1024 * 1024;

    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private bool _ended;

    public long LineNumber { get; private set; }

    /// <summary>Bytes of the stream up to the end of the last line that was read.</summary>
    public long Position { get; private set; }

    /// <summary>The line is valid until the next call. False at the end.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var scanned = 0;
        while (true)
        {
            var rest = _buffer.AsSpan(_start, _end - _start);
            var length = rest[scanned..].IndexOf((byte)'\n');
            if (length >= 0)
            {
                line = Take(scanned + length, terminator: 1);
                return true;
            }
            if (_ended)
            {
                line = Take(rest.Length, terminator: 0);
                return rest.Length > 0;
            }
            scanned = rest.Length;
            Fill();
        }
    }

    private ReadOnlySpan<byte> Take(int length, int terminator)
    {
        var line = _buffer.AsSpan(_start, length);
        _start += length + terminator;
        Position += length + terminator;
        if (length + terminator > 0) LineNumber++;
        return terminator > 0 && line.EndsWith("\r"u8) ? line[..^1] : line;
    }

    private void Fill()
    {
        var held = _end - _start;
        if (held > MaxLineBytes)
            throw new CommandFailedException($"line {Wording.Count(LineNumber + 1)} is longer than {MaxLineBytes / 1024 / 1024} MiB; one value of any size up to the broker's limit: --format raw");
        if (_start > 0) _buffer.AsSpan(_start, held).CopyTo(_buffer);
        (_start, _end) = (0, held);
        if (held == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        var count = input.Read(_buffer, held, _buffer.Length - held);
        _end += count;
        _ended = count == 0;
    }
}
