using System.Buffers.Binary;
using RestBroker.Core.Records;
using RestBroker.Storage.Files;

namespace RestBroker.Storage.Cleaning;

/// <summary>
/// What compaction remembers of a log from run to run, in a small file beside its segments. A cache: without it the whole log counts as
/// never compacted. FORMAT.md has its fields.
/// </summary>
/// <param name="FirstDirtyOffset">Below it each key occurs once, but for what is pinned.</param>
/// <param name="PinnedFrom">The first batch that stayed whole though later records have its keys; the greatest number where there is none.</param>
/// <param name="LastRunAt">When the last run ended, in ms.</param>
/// <param name="ReclaimedBytes">What it gave back.</param>
internal sealed record CleanerNote(long FirstDirtyOffset, long PinnedFrom, long LastRunAt, long ReclaimedBytes)
{
    public const string FileName = "cleaner";

    private const int ByteSize = 40;
    private const int Magic = 0x5242_4B31; // "RBK1"

    /// <summary>Before the first run.</summary>
    public static CleanerNote None { get; } = new(0, long.MaxValue, -1, 0);

    public static CleanerNote Read(IFileStore files, string directory)
    {
        if (files.ReadAll(Path.Combine(directory, FileName), ByteSize) is not { Length: ByteSize } bytes) return None;
        if (BinaryPrimitives.ReadInt32BigEndian(bytes) != Magic) return None;
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(36)) != Crc32C.Compute(bytes.AsSpan(0, 36))) return None;
        return new CleanerNote(
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(4)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(12)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(20)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(28)));
    }

    public void Write(IFileStore files, string directory)
    {
        var bytes = new byte[ByteSize];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Magic);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(4), FirstDirtyOffset);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(12), PinnedFrom);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(20), LastRunAt);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(28), ReclaimedBytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(36), Crc32C.Compute(bytes.AsSpan(0, 36)));
        files.Replace(Path.Combine(directory, FileName), bytes);
    }
}
