using Microsoft.Win32.SafeHandles;

namespace RestBroker.Storage.Files;

/// <summary>The disk. Thread-safe.</summary>
/// <remarks>
/// On Linux libc does the syncing: .NET's <c>RandomAccess.FlushToDisk</c> returns normally when the disk fails, and cannot open a
/// directory. Elsewhere .NET's call is the best there is.
/// </remarks>
internal sealed class PhysicalFileStore : IFileStore
{
    private const string BootIdPath = "/proc/sys/kernel/random/boot_id";
    private const FileShare Everybody = FileShare.ReadWrite | FileShare.Delete;
    private const long Ext = 0xEF53;
    private const long Xfs = 0x58465342;
    private const long Tmpfs = 0x01021994;

    private static readonly Version FirstToTell = new(5, 8);

    private readonly ReadAhead _ahead = new();

    // Not every file system can: where one cannot, all are read as if none could.
    private volatile bool _tellsWhatMemoryHolds = LibC.TakesPositions;

    // Elsewhere than on Linux nobody tells; then every unclean stop counts as a power cut.
    public Guid BootId { get; } = File.Exists(BootIdPath) && Guid.TryParse(File.ReadAllText(BootIdPath), out var id) ? id : Guid.Empty;

    public SafeFileHandle Open(string path) => File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, Everybody);

    public SafeFileHandle OpenExclusively(string path) =>
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    public int Read(SafeFileHandle file, Span<byte> target, long position)
    {
        _ahead.BeforeRead(file, target.Length);
        var total = 0;
        while (total < target.Length)
        {
            var count = RandomAccess.Read(file, Next(target[total..]), position + total);
            if (count == 0) break;
            total += count;
        }

        return total;
    }

    public bool TryRead(SafeFileHandle file, Span<byte> target, long position, out int count)
    {
        _ahead.BeforeTry(file);
        for (count = 0; _tellsWhatMemoryHolds && count < target.Length;)
        {
            switch (LibC.ReadCached(file, Next(target[count..]), position + count))
            {
                case LibC.NotCached:
                    return false;
                case LibC.NotSupported:
                    _tellsWhatMemoryHolds = false;
                    break;
                case 0:
                    return true; // the file's end
                case var read:
                    count += read;
                    break;
            }
        }

        if (count < target.Length) count += Read(file, target[count..], position + count);
        return true;
    }

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> source, long position) => RandomAccess.Write(file, source, position);

    public long Length(SafeFileHandle file) => RandomAccess.GetLength(file);

    public void Truncate(SafeFileHandle file, long length) => RandomAccess.SetLength(file, length);

    public void Sync(SafeFileHandle file)
    {
        _ahead.NoteSync();
        if (OperatingSystem.IsLinux()) LibC.SyncData(file);
        else RandomAccess.FlushToDisk(file);
    }

    public void SyncFileSystem(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("Only Linux syncs a whole file system and tells how it went.");
        _ahead.NoteSync();
        LibC.SyncFileSystem(file);
    }

    public void CheckWrittenBack(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux()) LibC.CheckWrittenBack(file);
        else RandomAccess.FlushToDisk(file);
    }

    // Before Linux 5.8 syncfs returned 0 whatever became of the data. Of network, user-space and layered file systems it is not known
    // what reaches a disk, nor which failures come back.
    public long? SyncableDevice(string directory) =>
        OperatingSystem.IsLinux() && Environment.OSVersion.Version >= FirstToTell && LibC.FileSystemType(directory) is Ext or Xfs or Tmpfs
            ? LibC.Device(directory)
            : null;

    public DiskSpace Space(string directory)
    {
        var drive = new DriveInfo(directory); // statvfs
        return new DiskSpace(drive.TotalSize, drive.AvailableFreeSpace);
    }

    public long? DescriptorLimit => OperatingSystem.IsLinux() ? LibC.DescriptorLimit() : null;

    public void SyncDirectory(string path)
    {
        if (OperatingSystem.IsLinux()) LibC.SyncDirectory(path);
    }

    public void Rename(string from, string to)
    {
        if (Directory.Exists(from)) Directory.Move(from, to);
        else File.Move(from, to, overwrite: true);
    }

    public bool Exists(string path) => File.Exists(path);

    public void Delete(string path) => File.Delete(path);

    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    public void DeleteDirectory(string path) => Directory.Delete(path, recursive: true);

    public IReadOnlyList<string> Files(string directory) => Directory.Exists(directory) ? Directory.GetFiles(directory) : [];

    public IReadOnlyList<string> Directories(string directory) =>
        Directory.Exists(directory) ? Directory.GetDirectories(directory) : [];

    private Span<byte> Next(Span<byte> rest) => rest[..Math.Min(rest.Length, _ahead.CallSize)];
}
