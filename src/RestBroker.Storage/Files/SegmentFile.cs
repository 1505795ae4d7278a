using Microsoft.Win32.SafeHandles;

namespace RestBroker.Storage.Files;

/// <summary>
/// A segment's file, opened when it is needed and closed when too many are. Readers rent the handle: a file that is closed or deleted
/// meanwhile stays readable until the last of them gives it back. Thread-safe.
/// </summary>
internal sealed class SegmentFile(string path, OpenSegments open)
{
    private readonly Lock _gate = new();
    private SafeFileHandle? _handle;
    private bool _deleted;

    public string Path { get; private set; } = path;

    public IFileStore Files => open.Files;

    /// <summary>Whether there are writes that were not synced: such a file stays open, so that no error of the disk is missed.</summary>
    public bool IsDirty => WrittenSize > SyncedSize;

    /// <summary>How far it has been written, or is about to be. Two numbers instead of a flag: a writer and a sync cannot undo each other.</summary>
    public long WrittenSize
    {
        get;
        set
        {
            lock (_gate) field = value;
        }
    }

    /// <summary>Bytes that are known to be on the disk.</summary>
    public long SyncedSize { get; set; }

    /// <summary>When it was last rented, in ticks of the monotonic clock.</summary>
    public long LastUsed { get; private set; }

    /// <summary>False once the file was deleted.</summary>
    public bool TryRent(out Lease lease)
    {
        lease = default;
        while (true)
        {
            if ((Volatile.Read(ref _handle) ?? Open()) is not { } handle) return false;
            var held = false;
            try
            {
                handle.DangerousAddRef(ref held);
            }
            catch (ObjectDisposedException)
            {
                continue; // closed between the two lines: open it again
            }

            LastUsed = Environment.TickCount64;
            lease = new Lease(handle);
            return true;
        }
    }

    /// <summary>For the writer, who knows that the file is there.</summary>
    public Lease Rent() => TryRent(out var lease) ? lease : throw new ObjectDisposedException(Path);

    public void CloseHandle() => CloseHandle(evenDirty: true);

    /// <summary>Closes it if it can be opened again without a loss: under the lock in which a writer says that it is about to write.</summary>
    public void CloseIfIdle() => CloseHandle(evenDirty: false);

    /// <summary>Removes the name; the bytes go when the last reader has gone.</summary>
    public void Delete()
    {
        lock (_gate) _deleted = true;
        CloseHandle();
        Files.Delete(Path);
    }

    /// <summary>Gives it another name. Who reads it goes on, and who opens it from now on finds it there.</summary>
    public void MoveTo(string path)
    {
        lock (_gate)
        {
            if (Path == path) return;
            Files.Rename(Path, path);
            Path = path;
        }
    }

    private void CloseHandle(bool evenDirty)
    {
        SafeFileHandle? handle;
        lock (_gate)
        {
            if (IsDirty && !evenDirty) return;
            handle = _handle;
            _handle = null;
        }

        open.Closed(this);
        handle?.Dispose();
    }

    private SafeFileHandle? Open()
    {
        SafeFileHandle handle;
        lock (_gate)
        {
            if (_deleted) return null;
            if (_handle is { } other) return other;
            _handle = handle = Files.Open(Path);
        }

        open.Opened(this);
        return handle;
    }

    /// <summary>The right to use the handle until disposed.</summary>
    public readonly record struct Lease(SafeFileHandle Handle) : IDisposable
    {
        public void Dispose() => Handle?.DangerousRelease();
    }
}
