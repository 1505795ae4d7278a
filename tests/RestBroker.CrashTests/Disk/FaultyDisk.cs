using Microsoft.Win32.SafeHandles;
using RestBroker.Storage.Files;

namespace RestBroker.CrashTests.Disk;

/// <summary>
/// A disk in memory that forgets what was not synced, tears what it was writing and fails when told to. Files have what was written and
/// what is on the platters; names too, a directory at a time. Thread-safe.
/// </summary>
internal sealed class FaultyDisk : IFileStore
{
    public const int IoError = 5;

    private readonly Lock _gate = new();
    private readonly Dictionary<nint, DiskFile> _handles = [];
    private readonly DiskNames _names;
    private readonly Random _random;
    private nint _lastHandle = 1 << 20;
    private bool _isOff, _wasOff;

    public FaultyDisk(int seed)
        : this(new Random(seed), new DiskNames(), Guid.NewGuid())
    {
    }

    private FaultyDisk(Random random, DiskNames names, Guid bootId) => (_random, _names, BootId) = (random, names, bootId);

    /// <summary>Which boot of the machine this is.</summary>
    public Guid BootId { get; }

    /// <summary>How many calls there were of each kind.</summary>
    public Dictionary<FileCall, int> Calls { get; } = Enum.GetValues<FileCall>().ToDictionary(call => call, _ => 0);

    /// <summary>Told each call, its number among those of its kind (from 1) and its path; the errno it is to fail with, 0 = none.</summary>
    public Func<FileCall, int, string, int> Fault { get; set; } = (_, _, _) => 0;

    /// <summary>After so many more calls that change something the machine is off, in the middle of the last of them.</summary>
    public int? CallsLeft { get; set; }

    public bool IsOff => Volatile.Read(ref _isOff);

    /// <summary>Off at once.</summary>
    public void TurnOff()
    {
        lock (_gate) _isOff = true;
    }

    /// <summary>What the next process finds: everything that was written, if only this one died; what the platters hold, after a power cut.</summary>
    public FaultyDisk Reboot(bool isPowerCut)
    {
        lock (_gate)
        {
            _isOff = true;
            return new FaultyDisk(_random, isPowerCut ? _names.AfterPowerCut(_random) : _names, isPowerCut ? Guid.NewGuid() : BootId);
        }
    }

    public long? DescriptorLimit => null;

    public long? SyncableDevice(string directory) => 1;

    public DiskSpace Space(string directory) => new(1L << 40, 1L << 40);

    public SafeFileHandle Open(string path)
    {
        lock (_gate)
        {
            Begin(FileCall.Open, path);
            if (_names.Find(path) is not { } file) _names.Add(path, file = new DiskFile());
            _handles.Add(++_lastHandle, file);
            return new SafeFileHandle(_lastHandle, ownsHandle: false);
        }
    }

    public SafeFileHandle OpenExclusively(string path) => Open(path);

    public int Read(SafeFileHandle file, Span<byte> target, long position)
    {
        lock (_gate)
        {
            Begin(FileCall.Read, file);
            return FileOf(file).Read(target, position);
        }
    }

    public bool TryRead(SafeFileHandle file, Span<byte> target, long position, out int count)
    {
        count = Read(file, target, position);
        return true;
    }

    public void Write(SafeFileHandle file, ReadOnlySpan<byte> source, long position)
    {
        lock (_gate)
        {
            // A write that fails or that the end cuts has often been done in part.
            try
            {
                Begin(FileCall.Write, file);
            }
            catch (IOException) when (!_wasOff)
            {
                FileOf(file).Write(source[.._random.Next(source.Length + 1)], position);
                throw;
            }

            FileOf(file).Write(source, position);
        }
    }

    public long Length(SafeFileHandle file)
    {
        lock (_gate) return FileOf(file).Length;
    }

    public void Truncate(SafeFileHandle file, long length)
    {
        lock (_gate)
        {
            Begin(FileCall.Truncate, file);
            FileOf(file).Truncate(length);
        }
    }

    public void Sync(SafeFileHandle file)
    {
        lock (_gate)
        {
            Begin(FileCall.Sync, file);
            FileOf(file).Sync();
        }
    }

    public void SyncFileSystem(SafeFileHandle file)
    {
        lock (_gate)
        {
            Begin(FileCall.Sync, file);
            foreach (var written in _names.Files.Concat(_handles.Values)) written.Sync();
            _names.SyncAll();
        }
    }

    public void CheckWrittenBack(SafeFileHandle file)
    {
        lock (_gate) Begin(FileCall.Sync, file);
    }

    public void SyncDirectory(string path)
    {
        lock (_gate)
        {
            Begin(FileCall.SyncDirectory, path);
            _names.Sync(path);
        }
    }

    public void Rename(string from, string to)
    {
        lock (_gate)
        {
            Begin(FileCall.Rename, from);
            _names.Rename(from, to);
        }
    }

    public bool Exists(string path)
    {
        lock (_gate) return _names.Find(path) is not null;
    }

    public void Delete(string path)
    {
        lock (_gate)
        {
            Begin(FileCall.Delete, path);
            _names.Remove(path);
        }
    }

    public void CreateDirectory(string path)
    {
        lock (_gate)
        {
            Begin(FileCall.Open, path);
            _names.AddDirectory(path);
        }
    }

    public void DeleteDirectory(string path)
    {
        lock (_gate)
        {
            Begin(FileCall.Delete, path);
            _names.RemoveDirectory(path);
        }
    }

    public IReadOnlyList<string> Files(string directory)
    {
        lock (_gate) return _names.FilesIn(directory);
    }

    public IReadOnlyList<string> Directories(string directory)
    {
        lock (_gate) return _names.DirectoriesIn(directory);
    }

    private DiskFile FileOf(SafeFileHandle file) => _handles[file.DangerousGetHandle()];

    private void Begin(FileCall call, SafeFileHandle file) => Begin(call, _names.PathOf(FileOf(file)));

    private void Begin(FileCall call, string path)
    {
        _wasOff = _isOff;
        if (_isOff) throw new IOException("The machine is off.", IoError);
        var errno = Fault(call, ++Calls[call], path);
        if (call != FileCall.Read && CallsLeft is { } left && (CallsLeft = left - 1) <= 0) _isOff = true;
        if (_isOff) errno = IoError;
        if (errno != 0) throw new IOException($"{call} of {path}: errno {errno}", errno);
    }
}
