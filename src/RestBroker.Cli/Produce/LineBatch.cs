using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace RestBroker.Cli.Produce;

/// <summary>The body of one produce request while it grows, and which lines are in it. One thread at a time.</summary>
internal sealed class LineBatch : IDisposable
{
    private const int MaxRecords = 1_000;
    private const int MaxBytes = 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _body = new(64 * 1024);
    private readonly Utf8JsonWriter _json;
    private readonly List<long> _lineNumbers = [];
    private readonly RecordShape _shape;

    public LineBatch(RecordShape shape)
    {
        _shape = shape;
        // The relaxed encoder leaves quotes of markup and other scripts as they are: the body is JSON, not HTML. Lines of JSON were checked before.
        _json = new Utf8JsonWriter(_body, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        Clear();
    }

    public int Count => _lineNumbers.Count;

    public long FirstLine => _lineNumbers[0];

    public long LastLine => _lineNumbers[^1];

    /// <summary>Where in the input the last line ends.</summary>
    public long EndPosition { get; private set; }

    public ReadOnlyMemory<byte> Body => _body.WrittenMemory;

    public bool IsFull => Count >= MaxRecords || Size >= MaxBytes;

    private long Size => _body.WrittenCount + _json.BytesPending;

    /// <summary>A long line gets a request of its own, or the batch before it would pass the broker's limit.</summary>
    public bool HasRoomFor(KeyedLine line) => Count == 0 || (!IsFull && Size + line.Key.Length + line.Value.Length <= MaxBytes);

    public long LineNumberOf(int record) => _lineNumbers[record];

    public void Add(KeyedLine line, long lineNumber, long endPosition)
    {
        _json.WriteStartObject();
        if (line.HasKey) WriteText("key", "keyBase64", line.Key);
        if (_shape.IsJson) WriteRaw("value", line.Value);
        else WriteText("text", "base64", line.Value);
        if (!_shape.Headers.IsEmpty) WriteRaw("headers", _shape.Headers.Span);
        _json.WriteEndObject();
        _lineNumbers.Add(lineNumber);
        EndPosition = endPosition;
    }

    public void Seal()
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
    }

    public void Clear()
    {
        _body.ResetWrittenCount();
        _json.Reset();
        _lineNumbers.Clear();
        _json.WriteStartObject();
        _json.WriteStartArray("records"u8);
    }

    public void Dispose() => _json.Dispose();

    // JSON strings cannot hold what is not UTF-8; base64 keeps such a line byte for byte.
    private void WriteText(string name, string base64Name, ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes)) _json.WriteString(name, bytes);
        else _json.WriteBase64String(base64Name, bytes);
    }

    private void WriteRaw(string name, ReadOnlySpan<byte> json)
    {
        _json.WritePropertyName(name);
        _json.WriteRawValue(json, skipInputValidation: true);
    }
}
