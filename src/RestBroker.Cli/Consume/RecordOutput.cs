using System.Buffers;

namespace RestBroker.Cli.Consume;

/// <summary>Standard output in large pieces.</summary>
internal sealed class RecordOutput(Stream stream)
{
    private const int FlushBytes = 256 * 1024;

    private readonly ArrayBufferWriter<byte> _buffer = new(FlushBytes * 2);

    public bool IsLarge => _buffer.WrittenCount >= FlushBytes;

    public void Write(ReadOnlySpan<byte> bytes) => _buffer.Write(bytes);

    public void Write(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    public void Flush()
    {
        stream.Write(_buffer.WrittenSpan);
        stream.Flush();
        _buffer.ResetWrittenCount();
    }
}
