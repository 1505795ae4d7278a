namespace RestBroker.Cli.Shell;

/// <summary>A standard stream for writing, with what is to be done when it cannot be written.</summary>
internal sealed class GuardedStream(Stream inner, Action<Exception> onFailure) : Stream
{
    // EPIPE on Unix; ERROR_BROKEN_PIPE and ERROR_NO_DATA on Windows.
    private static readonly int[] BrokenPipe = [32, unchecked((int)0x8007006D), unchecked((int)0x800700E8)];

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>A reader that has gone is told from a full disk: records that were not written must not pass for printed.</summary>
    public static GuardedStream Output(Stream inner) => new(inner, e => throw (BrokenPipe.Contains(e.HResult)
        ? new OutputClosedException(e)
        : new CommandFailedException($"cannot write to standard output: {e.Message}", e)));

    /// <summary>There is nowhere left to say that nothing can be said.</summary>
    public static GuardedStream Error(Stream inner) => new(inner, _ => { });

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            inner.Write(buffer);
            inner.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            onFailure(e);
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
