using Microsoft.Win32.SafeHandles;

namespace RestBroker.Storage.Files;

/// <summary>
/// A disk that is read and never changed: what would be written is forgotten, and a file that would be made is empty. Enough for a recovery
/// to come to its verdict, which it does by what it has read. Thread-safe.
/// </summary>
internal sealed class DryRunFileStore(PhysicalFileStore disk) : IFileStore
{
    private const string Nothing = "/dev/null";

    public Guid BootId => disk.BootId;

    public long? DescriptorLimit => disk.DescriptorLimit;

    public SafeFileHandle Open(string path) => disk.Exists(path)
        ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
        : File.OpenHandle(OperatingSystem.IsWindows() ? "NUL" : Nothing, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    public SafeFileHandle OpenExclusively(string path) => disk.OpenExclusively(path);

    public int Read(SafeFileHandle file, Span<byte> target, long position) => disk.Read(file, target, position);

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> source, long position)
    {
    }

    public long Length(SafeFileHandle file) => disk.Length(file);

    public void Truncate(SafeFileHandle file, long length)
    {
    }

    public void Sync(SafeFileHandle file)
    {
    }

    public void SyncFileSystem(SafeFileHandle file)
    {
    }

    public bool TryRead(SafeFileHandle file, Span<byte> target, long position, out int count) => disk.TryRead(file, target, position, out count);

    public void CheckWrittenBack(SafeFileHandle file)
    {
    }

    public long? SyncableDevice(string directory) => null;

    public DiskSpace Space(string directory) => disk.Space(directory);

    public void SyncDirectory(string path)
    {
    }

    public void Rename(string from, string to)
    {
    }

    public bool Exists(string path) => disk.Exists(path);

    public void Delete(string path)
    {
    }

    public void CreateDirectory(string path)
    {
    }

    public void DeleteDirectory(string path)
    {
    }

    public IReadOnlyList<string> Files(string directory) => disk.Files(directory);

    public IReadOnlyList<string> Directories(string directory) => disk.Directories(directory);
}
