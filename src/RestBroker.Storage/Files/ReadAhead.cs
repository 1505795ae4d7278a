using Microsoft.Win32.SafeHandles;

namespace RestBroker.Storage.Files;

/// <summary>
/// How much is asked of the disk at once for who reads a file on and on. While nobody syncs, as much as the kernel likes to read ahead,
/// which may be megabytes; a sync would wait behind all of it, so after one, for a while, a little at a time and nothing ahead. What the
/// kernel has begun to read ahead of a file by then goes on to that file's end. Thread-safe.
/// </summary>
internal sealed class ReadAhead
{
    /// <summary>How much is read with that care after a sync, in bytes: a tenth of a second's worth, of a quick disk.</summary>
    public const long Care = 64 * 1024 * 1024;

    // Measured on a virtual disk that does one thing after the other, the 99th percentile of who syncs beside a reader, over that without
    // one: whole pieces of 256 KiB 1.75 to 2.06, 128 KiB 1.62 to 1.96, 64 KiB 1.50 to 1.58; what the kernel likes (8 MiB) 7 to 14.
    private const int CarefulSize = 64 * 1024;

    private long _left; // of the care

    /// <summary>The most that one call should read, in bytes.</summary>
    public int CallSize => IsCareful ? CarefulSize : int.MaxValue;

    private bool IsCareful => Volatile.Read(ref _left) > 0;

    /// <summary>Takes note that somebody syncs.</summary>
    public void NoteSync()
    {
        if (LibC.TakesPositions) Volatile.Write(ref _left, Care); // elsewhere the kernel cannot be told
    }

    /// <summary>Before a read that takes what memory holds: where it holds nothing, the kernel begins to read, and ahead if it was not told.</summary>
    public void BeforeTry(SafeFileHandle file)
    {
        if (IsCareful) LibC.SetReadAhead(file, isOn: false);
    }

    /// <summary>Before a read that may wait for the disk.</summary>
    /// <param name="file">The file; whoever else reads it by this handle is meant too.</param>
    /// <param name="length">How much is going to be read, in bytes.</param>
    public void BeforeRead(SafeFileHandle file, int length)
    {
        if (!LibC.TakesPositions) return;
        var isCareful = IsCareful;
        if (isCareful) Interlocked.Add(ref _left, -length);
        LibC.SetReadAhead(file, isOn: !isCareful);
    }
}
