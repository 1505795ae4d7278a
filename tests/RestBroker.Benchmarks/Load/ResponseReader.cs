using System.Buffers.Text;

namespace RestBroker.Benchmarks.Load;

/// <summary>
/// Reads HTTP/1.1 responses as their bytes come, with a length or in chunks, and forgets the body but for its size, its blank lines (the
/// ends of server-sent events) and, where asked for, its bytes. Not thread-safe.
/// </summary>
internal sealed class ResponseReader
{
    private enum State { Head, Body, ChunkSize, ChunkBody, ChunkEnd, Trailer }

    private readonly byte[] _line = new byte[16 * 1024];
    private State _state;
    private int _lineLength;
    private long _left;
    private bool _afterNewline;

    /// <summary>Of the response that was read last, or is being read.</summary>
    public int Status { get; private set; }

    /// <summary>Bytes of all bodies so far.</summary>
    public long BodyBytes { get; private set; }

    /// <summary>Blank lines in all bodies so far: each ends a server-sent event.</summary>
    public long Events { get; private set; }

    /// <summary>Where set, bodies are kept here.</summary>
    public MemoryStream? Kept { get; set; }

    /// <summary>Whether blank lines are counted.</summary>
    public bool CountsEvents { get; init; }

    /// <summary>Takes bytes; true once a response has ended, with <paramref name="used"/> bytes of them.</summary>
    public bool Read(ReadOnlySpan<byte> bytes, out int used)
    {
        used = 0;
        while (used < bytes.Length)
        {
            var rest = bytes[used..];
            switch (_state)
            {
                case State.Head:
                    used += Line(rest, "\r\n\r\n"u8, out var head);
                    if (head && BeginBody()) return true;
                    break;
                case State.ChunkSize:
                    used += Line(rest, "\r\n"u8, out var size);
                    if (size) BeginChunk();
                    break;
                case State.ChunkEnd:
                    used += Line(rest, "\r\n"u8, out var end);
                    if (end) Begin(State.ChunkSize);
                    break;
                case State.Trailer:
                    used += Line(rest, "\r\n"u8, out var last);
                    if (!last) break;
                    Begin(State.Head);
                    return true;
                default:
                    used += Body(rest);
                    if (_left > 0) break;
                    if (_state == State.ChunkBody)
                    {
                        Begin(State.ChunkEnd);
                        break;
                    }

                    Begin(State.Head);
                    return true;
            }
        }

        return false;
    }

    private int Body(ReadOnlySpan<byte> rest)
    {
        var taken = (int)Math.Min(_left, rest.Length);
        _left -= taken;
        BodyBytes += taken;
        Kept?.Write(rest[..taken]);
        if (CountsEvents) Count(rest[..taken]);
        return taken;
    }

    private void Count(ReadOnlySpan<byte> body)
    {
        if (_afterNewline && body[0] == '\n') Events++;
        Events += body.Count("\n\n"u8);
        _afterNewline = body[^1] == '\n';
    }

    // Gathers bytes up to and with the ending; the ending may come in pieces.
    private int Line(ReadOnlySpan<byte> rest, ReadOnlySpan<byte> ending, out bool isWhole)
    {
        var before = _lineLength;
        var copied = Math.Min(rest.Length, _line.Length - _lineLength);
        rest[..copied].CopyTo(_line.AsSpan(_lineLength));
        _lineLength += copied;
        var from = Math.Max(0, before - ending.Length + 1);
        var found = _line.AsSpan(from, _lineLength - from).IndexOf(ending);
        isWhole = found >= 0;
        if (!isWhole) return _lineLength < _line.Length ? copied : throw new InvalidDataException("The head of a response is too long.");
        _lineLength = from + found + ending.Length;
        return _lineLength - before;
    }

    private bool BeginBody()
    {
        var head = _line.AsSpan(0, _lineLength);
        Status = (int)Number(head["HTTP/1.1 ".Length..]);
        if (head.IndexOf("\r\nTransfer-Encoding: chunked"u8) >= 0)
        {
            Begin(State.ChunkSize);
            return false;
        }

        var at = head.IndexOf("\r\nContent-Length: "u8);
        _left = at >= 0 ? Number(head[(at + "\r\nContent-Length: ".Length)..]) : 0;
        Begin(_left > 0 ? State.Body : State.Head);
        return _left == 0;
    }

    private void BeginChunk()
    {
        _left = Number(_line.AsSpan(0, _lineLength), 'x');
        Begin(_left > 0 ? State.ChunkBody : State.Trailer);
    }

    private static long Number(ReadOnlySpan<byte> text, char format = 'D') =>
        Utf8Parser.TryParse(text, out long number, out _, format) ? number : throw new InvalidDataException("This is not HTTP.");

    private void Begin(State state) => (_state, _lineLength) = (state, 0);
}
