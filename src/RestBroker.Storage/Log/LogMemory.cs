namespace RestBroker.Storage.Log;

/// <summary>
/// What a log remembers beside its records, in memory and in the checkpoint's file. The file is written when the log start moves,
/// before offsets beyond the reservation are used, and now and then for the recovery point. Thread-safe.
/// </summary>
internal sealed class LogMemory
{
    /// <summary>Offsets are reserved in blocks of so many; a power cut leaves a gap of at most two.</summary>
    public const long ReservationBlock = 1 << 20;

    private readonly Lock _gate = new();
    private readonly LogCheckpoint _checkpoint;
    private readonly LogHost _host;
    private readonly string _directory;
    private CheckpointState _saved;
    private long _savedAt;
    private bool _exists;
    private long _logStartOffset;
    private long _recoveryPoint;
    private long _reservedOffset;

    public LogMemory(string directory, LogHost host, LogCheckpoint checkpoint, CheckpointState? saved)
    {
        (_directory, _host, _checkpoint) = (directory, host, checkpoint);
        (_saved, _exists) = (saved ?? default, saved is not null);
        (_logStartOffset, _recoveryPoint, _reservedOffset) = (_saved.LogStartOffset, _saved.RecoveryPoint, _saved.ReservedOffset);
        LastAppendTime = _saved.LastAppendTime;
        _savedAt = host.Time.GetTimestamp();
    }

    public long LogStartOffset => Volatile.Read(ref _logStartOffset);

    /// <summary>Everything below is on the disk.</summary>
    public long RecoveryPoint
    {
        get => Volatile.Read(ref _recoveryPoint);
        set => Volatile.Write(ref _recoveryPoint, value);
    }

    /// <summary>The broker's clock at the last append, in ms.</summary>
    public long LastAppendTime { get; set; }

    /// <summary>Whether the file lags behind.</summary>
    public bool IsOld => RecoveryPoint != _saved.RecoveryPoint || _checkpoint.IsUnsynced;

    /// <summary>Whether the file lags behind, and it is time that it does not.</summary>
    public bool IsSaveDue => IsOld && _host.Time.GetElapsedTime(_savedAt) >= _host.CheckpointInterval;

    /// <summary>Makes sure that offsets below this one may be given out. Costs a sync once a block.</summary>
    public void Reserve(long nextOffset)
    {
        if (_exists && nextOffset <= Volatile.Read(ref _reservedOffset)) return;
        lock (_gate) Write(nextOffset);
    }

    public void RaiseLogStart(long offset)
    {
        lock (_gate)
        {
            if (offset <= _logStartOffset) return;
            // Known to others once it is durable: files below it are deleted on the strength of it.
            Write(offset, offset);
        }
    }

    /// <summary>
    /// The same for the start, with what <see cref="SaveFloor"/> will save: it is written under the new boot, and if the start is killed
    /// before it comes to that, the next one believes that nothing was cut off since.
    /// </summary>
    public void RaiseLogStart(long offset, long floor)
    {
        lock (_gate)
        {
            _saved = _saved with { FloorOffset = Math.Max(_saved.FloorOffset, floor) };
            Write(Math.Max(offset, floor), offset);
        }
    }

    /// <summary>Saves it if it is time. Without a sync of its own it is on the disk with the file system's next.</summary>
    public void SaveIfDue(long nextOffset, bool sync)
    {
        if (IsSaveDue) Save(nextOffset, sync);
    }

    public void Save(long nextOffset, bool sync = true)
    {
        lock (_gate) Write(nextOffset, _logStartOffset, sync);
    }

    /// <summary>The file system was synced since the checkpoint was read. Fails where its file could not be.</summary>
    public void CheckWrittenBack()
    {
        lock (_gate) _checkpoint.CheckWrittenBack();
    }

    /// <summary>The file system was synced after the last save.</summary>
    public void NoteSynced()
    {
        lock (_gate)
        {
            _checkpoint.NoteSynced();
            Volatile.Write(ref _reservedOffset, _saved.ReservedOffset);
        }
    }

    /// <summary>From now on no offset below this one is given out, whatever happens to the segments; for the start.</summary>
    public void SaveFloor(long offset, bool sync)
    {
        lock (_gate)
        {
            _saved = _saved with { FloorOffset = offset };
            Write(offset, _logStartOffset, sync);
        }
    }

    private void Write(long nextOffset) => Write(nextOffset, _logStartOffset);

    private void Write(long nextOffset, long logStartOffset, bool sync = true)
    {
        var block = (nextOffset + (ReservationBlock / 2)) / ReservationBlock;
        var state = _saved with
        {
            LogStartOffset = logStartOffset,
            RecoveryPoint = RecoveryPoint,
            ReservedOffset = Math.Max(_saved.ReservedOffset, (block + 1) * ReservationBlock),
            LastAppendTime = LastAppendTime,
            BootId = _host.BootId,
        };
        // The first one is synced in any case, its name too; later ones may wait, but what they reserve is not used until they are.
        sync |= !_exists;
        _checkpoint.Write(state, sync);
        if (!_exists) _host.Files.SyncDirectory(_directory);
        (_saved, _exists, _savedAt) = (state, true, _host.Time.GetTimestamp());
        if (sync) Volatile.Write(ref _reservedOffset, state.ReservedOffset);
        Volatile.Write(ref _logStartOffset, logStartOffset);
    }
}
