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

    // Elsewhere than on Linux nobody tells; then every unclean stop counts as a power cut.
    public Guid BootId { get; } = File.Exists(BootIdPath) && Guid.TryParse(File.ReadAllText(BootIdPath), out var id) ? id : Guid.Empty;

    public SafeFileHandle Open(string path) => File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, Everybody);

    public SafeFileHandle OpenExclusively(string path) =>
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    public int Read(SafeFileHandle file, Span<byte> target, long position)
    {
        var total = 0;
        while (total < target.Length)
        {
            var count = RandomAccess.Read(file, target[total..], position + total);
            if (count == 0) break;
            total += count;
        }

        return total;
    }

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> source, long position) => RandomAccess.Write(file, source, position);

    public long Length(SafeFileHandle file) => RandomAccess.GetLength(file);

    public void Truncate(SafeFileHandle file, long length) => RandomAccess.SetLength(file, length);

    public void Sync(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux()) LibC.SyncData(file);
        else RandomAccess.FlushToDisk(file);
    }

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
}
