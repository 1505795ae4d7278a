using Microsoft.Win32.SafeHandles;

namespace RestBroker.Storage.Files;

/// <summary>
/// How much is asked of the disk at once for who reads a file on and on. While nobody syncs, as much as the kernel likes to read ahead,
/// which may be megabytes; a sync would wait behind all of it, so while somebody does, a little at a time and nothing ahead.
/// Thread-safe.
/// </summary>
internal sealed class ReadAhead
{
    /// <summary>How much is read with that care after a sync, in bytes: a tenth of a second's worth, of a quick disk.</summary>
    public const long Care = 64 * 1024 * 1024;

    // Measured on a virtual disk that does one thing after the other, the 99th percentile of who syncs beside a reader, over that without
    // one: whole pieces of 256 KiB 1.75 to 2.06, 128 KiB 1.62 to 1.96, 64 KiB 1.50 to 1.58; what the kernel likes (8 MiB) 7 to 14.
    private const int CarefulSize = 64 * 1024;

    private long _care; // what is left of it

    /// <summary>The most that one call should read, in bytes.</summary>
    public int CallSize => Volatile.Read(ref _care) > 0 ? CarefulSize : int.MaxValue;

    /// <summary>Takes note that somebody syncs.</summary>
    public void NoteSync() => Volatile.Write(ref _care, Care);

    /// <summary>Tells the kernel before a read that may wait for the disk.</summary>
    /// <param name="file">The file; whoever else reads it by this handle is meant too.</param>
    /// <param name="length">How much is going to be read, in bytes.</param>
    public void Prepare(SafeFileHandle file, int length)
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess) return;
        var isCareful = Volatile.Read(ref _care) > 0;
        if (isCareful) Interlocked.Add(ref _care, -length);
        LibC.SetReadAhead(file, isOff: isCareful);
    }
}
