using System.Buffers.Binary;
using RestBroker.Core.Records;
using RestBroker.Storage.Files;

namespace RestBroker.Storage.Log;

/// <summary>What a log must remember beside its records. All offsets but the first are "one past the last".</summary>
/// <param name="LogStartOffset">The first offset that can be read.</param>
/// <param name="RecoveryPoint">Every record below it is on the disk: what is damaged below is rot, above it may be torn.</param>
/// <param name="ReservedOffset">Offsets below it may have been given out: after a power cut the log goes on here.</param>
/// <param name="FloorOffset">Offsets below it are never given out again, whatever the segments hold.</param>
/// <param name="LastAppendTime">The broker's clock at the last append, in ms.</param>
/// <param name="BootId">The boot of the machine under which it was written.</param>
internal readonly record struct CheckpointState(
    long LogStartOffset, long RecoveryPoint, long ReservedOffset, long FloorOffset, long LastAppendTime, Guid BootId);

/// <summary>
/// The checkpoint's file: two slots in different blocks, written in turn and each with a checksum, so that a write that was cut leaves
/// the one before it. Not thread-safe.
/// </summary>
internal sealed class LogCheckpoint(IFileStore files, string path)
{
    public const string FileName = "checkpoint";
    public const int SlotDistance = 4096;

    private const int SlotSize = 80;
    private const int Magic = 0x5242_4331; // "RBC1"

    private long _sequence;

    /// <summary>Whether the newest slot was written and not synced: if it is lost, the one before it counts.</summary>
    public bool IsUnsynced { get; private set; }

    /// <summary>The newest slot that is whole; null where there is none.</summary>
    public CheckpointState? Read()
    {
        if (files.ReadAll(path, SlotDistance + SlotSize) is not { } bytes) return null;
        CheckpointState? newest = null;
        for (var position = 0; position + SlotSize <= bytes.Length; position += SlotDistance)
        {
            if (Parse(bytes.AsSpan(position, SlotSize)) is not var (sequence, state) || sequence <= _sequence) continue;
            _sequence = sequence;
            newest = state;
        }

        return newest;
    }

    /// <summary>
    /// Returns once the state is on the disk, or, if it need not be synced yet, written; the caller syncs the directory after the first time.
    /// </summary>
    public void Write(in CheckpointState state, bool sync)
    {
        // The first write lays out the whole file, so that no later one needs room: a disk that is full can still note what was deleted.
        var isNew = _sequence == 0;
        var bytes = new byte[isNew ? SlotDistance + SlotSize : SlotSize];
        var slot = bytes.AsSpan(bytes.Length - SlotSize);
        BinaryPrimitives.WriteInt32BigEndian(slot, Magic);
        BinaryPrimitives.WriteInt64BigEndian(slot[4..], _sequence + 1);
        BinaryPrimitives.WriteInt64BigEndian(slot[12..], state.LogStartOffset);
        BinaryPrimitives.WriteInt64BigEndian(slot[20..], state.RecoveryPoint);
        BinaryPrimitives.WriteInt64BigEndian(slot[28..], state.ReservedOffset);
        BinaryPrimitives.WriteInt64BigEndian(slot[36..], state.FloorOffset);
        BinaryPrimitives.WriteInt64BigEndian(slot[44..], state.LastAppendTime);
        state.BootId.TryWriteBytes(slot[52..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32BigEndian(slot[76..], Crc32C.Compute(slot[..76]));

        using var file = files.Open(path);
        // Never both slots at once: a power cut could tear the two.
        if (IsUnsynced) files.Sync(file);
        IsUnsynced = false;
        files.Write(file, bytes, isNew ? 0 : (_sequence + 1) % 2 * SlotDistance);
        if (sync) files.Sync(file);
        IsUnsynced = !sync;
        _sequence++;
    }

    /// <summary>The file system was synced after the last write.</summary>
    public void NoteSynced() => IsUnsynced = false;

    /// <summary>The same after a start, to which a failure of before is told here. Fails where the file could not be brought to the disk.</summary>
    public void CheckWrittenBack()
    {
        if (!IsUnsynced) return;
        using (var file = files.Open(path)) FileStoreExtensions.Naming(path, file, files.CheckWrittenBack);
        IsUnsynced = false;
    }

    /// <summary>Who wrote what was read may have died before its sync.</summary>
    public void NoteUnsynced() => IsUnsynced = true;

    private static (long Sequence, CheckpointState State)? Parse(ReadOnlySpan<byte> slot)
    {
        if (BinaryPrimitives.ReadInt32BigEndian(slot) != Magic) return null;
        if (BinaryPrimitives.ReadUInt32BigEndian(slot[76..]) != Crc32C.Compute(slot[..76])) return null;
        return (BinaryPrimitives.ReadInt64BigEndian(slot[4..]), new CheckpointState(
            BinaryPrimitives.ReadInt64BigEndian(slot[12..]),
            BinaryPrimitives.ReadInt64BigEndian(slot[20..]),
            BinaryPrimitives.ReadInt64BigEndian(slot[28..]),
            BinaryPrimitives.ReadInt64BigEndian(slot[36..]),
            BinaryPrimitives.ReadInt64BigEndian(slot[44..]),
            new Guid(slot.Slice(52, 16), bigEndian: true)));
    }
}
