using System.Buffers;

namespace RestBroker.Cli.Consume;

/// <summary>Standard output in large pieces. A reader that has gone (`| head`) is an <see cref="OutputClosedException"/>.</summary>
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
        try
        {
            stream.Write(_buffer.WrittenSpan);
            stream.Flush();
        }
        catch (IOException e)
        {
            throw new OutputClosedException(e);
        }
        finally
        {
            _buffer.ResetWrittenCount();
        }
    }
}

internal sealed class OutputClosedException(Exception cause) : Exception("standard output is closed", cause);
