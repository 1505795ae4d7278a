using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using RestBroker.Storage.Files;

namespace RestBroker.Tests.Storage;

/// <summary>The calls that a test can make fail.</summary>
internal enum FileCall
{
    Open,
    Read,
    Write,
    Sync,
    SyncDirectory,
    SyncFileSystem,
    CheckWrittenBack,
    Truncate,
    Length,
    Rename,
    Delete,
}

/// <summary>A real disk that fails when a test says so.</summary>
internal sealed class FaultyFileStore : IFileStore
{
    public const int IoError = 5;
    public const int NoSpace = 28;
    public const int TooLarge = 27;

    private readonly PhysicalFileStore _disk = new();
    private readonly ConditionalWeakTable<SafeFileHandle, string> _paths = [];

    /// <summary>The errno of a call on a path; 0 = it succeeds.</summary>
    public Func<FileCall, string, int> Fault { get; set; } = (_, _) => 0;

    /// <summary>Told a path and a position; whether memory does not hold what lies there.</summary>
    public Func<string, long, bool> IsForgotten { get; set; } = (_, _) => false;

    /// <summary>The names of the threads that have waited for what memory does not hold.</summary>
    public ConcurrentQueue<string?> Waited { get; } = [];

    /// <summary>What the disk says of its size; null = what it is.</summary>
    public Func<DiskSpace>? SpaceOf { get; set; }

    /// <summary>The device of a directory's file system; null = as it is.</summary>
    public Func<string, long?> DeviceOf { get; set; } = _ => null;

    /// <summary>Whether a call that fails has done its work first, as a disk may.</summary>
    public bool FailsLate { get; set; }

    /// <summary>The boot of the machine; another one = there was a power cut.</summary>
    public Guid BootId { get; set; } = new PhysicalFileStore().BootId;

    public SafeFileHandle Open(string path)
    {
        Check(FileCall.Open, path);
        var file = _disk.Open(path);
        _paths.Add(file, path);
        return file;
    }

    public SafeFileHandle OpenExclusively(string path)
    {
        var file = _disk.OpenExclusively(path);
        _paths.Add(file, path);
        return file;
    }

    public int Read(SafeFileHandle file, Span<byte> target, long position)
    {
        Check(FileCall.Read, PathOf(file));
        if (IsOnDisk(file, target, position)) Waited.Enqueue(Thread.CurrentThread.Name);
        return _disk.Read(file, target, position);
    }

    public bool TryRead(SafeFileHandle file, Span<byte> target, long position, out int count)
    {
        Check(FileCall.Read, PathOf(file));
        count = 0;
        return !IsOnDisk(file, target, position) && _disk.TryRead(file, target, position, out count);
    }

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> source, long position)
    {
        var errno = Fault(FileCall.Write, PathOf(file));
        if (errno == 0 || FailsLate) _disk.Write(file, source, position);
        else _disk.Write(file, source[..(source.Length / 2)], position); // a disk that fails has often written a part
        if (errno != 0) throw new IOException($"write: errno {errno}", errno);
    }

    public long Length(SafeFileHandle file)
    {
        Check(FileCall.Length, PathOf(file));
        return _disk.Length(file);
    }

    public void Truncate(SafeFileHandle file, long length) =>
        Do(FileCall.Truncate, PathOf(file), () => _disk.Truncate(file, length));

    public void SyncFileSystem(SafeFileHandle file) => Do(FileCall.SyncFileSystem, PathOf(file), () => _disk.SyncFileSystem(file));

    public void CheckWrittenBack(SafeFileHandle file) => Do(FileCall.CheckWrittenBack, PathOf(file), () => _disk.CheckWrittenBack(file));

    public long? SyncableDevice(string directory) => DeviceOf(directory) ?? _disk.SyncableDevice(directory);

    public DiskSpace Space(string directory) => SpaceOf?.Invoke() ?? _disk.Space(directory);

    public long? DescriptorLimit => _disk.DescriptorLimit;

    public void Sync(SafeFileHandle file) => Do(FileCall.Sync, PathOf(file), () => _disk.Sync(file));

    public void SyncDirectory(string path) => Do(FileCall.SyncDirectory, path, () => _disk.SyncDirectory(path));

    public void Rename(string from, string to) => Do(FileCall.Rename, from, () => _disk.Rename(from, to));

    public bool Exists(string path) => _disk.Exists(path);

    public void Delete(string path) => Do(FileCall.Delete, path, () => _disk.Delete(path));

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public void DeleteDirectory(string path) => _disk.DeleteDirectory(path);

    public IReadOnlyList<string> Files(string directory) => _disk.Files(directory);

    public IReadOnlyList<string> Directories(string directory) => _disk.Directories(directory);

    private bool IsOnDisk(SafeFileHandle file, Span<byte> target, long position) =>
        IsForgotten(PathOf(file), position) || IsForgotten(PathOf(file), position + target.Length - 1);

    private string PathOf(SafeFileHandle file) => _paths.TryGetValue(file, out var path) ? path : "";

    private void Do(FileCall call, string path, Action work)
    {
        var errno = Fault(call, path);
        if (errno == 0 || FailsLate) work();
        if (errno != 0) throw new IOException($"{call}: errno {errno}", errno);
    }

    private void Check(FileCall call, string path)
    {
        if (Fault(call, path) is var errno and not 0) throw new IOException($"{call}: errno {errno}", errno);
    }
}
