using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RestBroker.Storage.Files;

namespace RestBroker.Storage.Producers;

/// <summary>
/// The snapshots of a log's producers: <c>&lt;offset&gt;.snapshot</c> holds what follows from the batches before the offset. The two newest
/// are kept, so that one that is damaged has a second behind it. Not thread-safe.
/// </summary>
internal sealed class SnapshotFiles(IFileStore files, string directory)
{
    public const string Suffix = ".snapshot";

    /// <summary>A snapshot that is no larger costs a start less than the batches of any segment.</summary>
    public const int AlwaysWorthIt = 64 * 1024;

    private const int Kept = 2;

    private byte[]? _owner;

    /// <summary>Whose snapshots they are: a file that was put into another directory is not believed.</summary>
    public ReadOnlySpan<byte> Owner => _owner ??= OwnerOf(directory);

    /// <summary>Fills the state from the newest snapshot among these files that can be believed; returns its offset, or null where there is none.</summary>
    public long? Load(IReadOnlyList<string> paths, ProducerState state, long logEnd)
    {
        foreach (var (offset, path) in Newest(paths))
        {
            if (offset > logEnd)
            {
                // It tells of batches that were cut off; when the log has grown again it must not tell of the new ones.
                files.Delete(path);
                continue;
            }

            var bytes = files.ReadAll(path, ProducerSnapshot.MaxSize);
            if (!ProducerSnapshot.IsValid(bytes, Owner, offset)) continue;
            ProducerSnapshot.Read(bytes, state);
            return offset;
        }

        return null;
    }

    /// <summary>
    /// Saves a snapshot; with <paramref name="sync"/> it is on the disk, its name too, before older ones go. Without, it is there with the
    /// file system's next sync, and the older ones stay until then: the next snapshot takes them.
    /// </summary>
    public void Save(long offset, byte[] bytes, bool sync)
    {
        ProducerSnapshot.Seal(bytes);
        using (var file = files.Open(PathOf(offset)))
        {
            files.Write(file, bytes, 0);
            files.Truncate(file, bytes.Length);
            if (sync) files.Sync(file);
        }

        if (!sync) return;
        files.SyncDirectory(directory);
        foreach (var (_, path) in Newest(files.Files(directory)).Skip(Kept)) files.Delete(path);
    }

    private string PathOf(long offset) => Path.Combine(directory, offset.ToString("D20", CultureInfo.InvariantCulture) + Suffix);

    private static List<(long Offset, string Path)> Newest(IReadOnlyList<string> paths) =>
    [
        .. from path in paths
           where path.EndsWith(Suffix, StringComparison.Ordinal)
           let name = Path.GetFileNameWithoutExtension(path)
           where name.Length == 20 && long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _)
           let offset = long.Parse(name, CultureInfo.InvariantCulture)
           orderby offset descending
           select (offset, path),
    ];

    // Directories bear the topic's id and the partition's number, wherever the data directory is moved to.
    private static byte[] OwnerOf(string directory)
    {
        var topic = Path.GetFileName(Path.GetDirectoryName(directory));
        return SHA256.HashData(Encoding.UTF8.GetBytes($"{topic}/{Path.GetFileName(directory)}"))[..ProducerSnapshot.OwnerSize];
    }
}
