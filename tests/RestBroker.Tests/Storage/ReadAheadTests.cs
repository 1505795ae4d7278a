using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using RestBroker.Storage.Files;

namespace RestBroker.Tests.Storage;

/// <summary>How far the kernel reads ahead, by what memory holds afterwards. A file system that is nothing but memory tells nothing.</summary>
public sealed class ReadAheadTests : IDisposable
{
    private const int Size = 16 * 1024 * 1024;
    private const int ReadSize = 64 * 1024;
    private const int Reads = 9; // the last not at the end of one of the kernel's windows, of 128 KiB or more
    private const int DontNeed = 4;

    private readonly TempDirectory _directory = new();
    private readonly PhysicalFileStore _files = new();
    private readonly byte[] _target = new byte[ReadSize];
    private readonly string _path;
    private readonly SafeFileHandle _file;

    public ReadAheadTests()
    {
        _path = _directory.Write("file", new byte[Size]);
        _file = _files.Open(_path);
    }

    public void Dispose()
    {
        _file.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void After_a_sync_no_more_is_read_than_was_asked_for()
    {
        if (!TryForget()) return;
        _files.Sync(_file);

        ReadOn();

        Assert.Equal(Reads * ReadSize, Held());
    }

    [Fact]
    public void After_a_sync_a_look_at_what_memory_holds_begins_no_read_ahead()
    {
        if (!TryForget()) return;
        _files.Sync(_file);

        _files.TryRead(_file, _target, 0, out _);
        ReadOn();

        Assert.Equal(Reads * ReadSize, Held());
    }

    [Fact]
    public void After_a_sync_a_large_read_begins_with_a_little()
    {
        if (!TryForget()) return;
        _files.Sync(_file);
        var large = new byte[16 * ReadSize];
        if (_files.TryRead(_file, large, 0, out _)) return; // a disk as quick as memory

        ReadOn(reads: 1);

        Assert.InRange(Held(), ReadSize, large.Length - ReadSize);
    }

    [Fact]
    public void Long_after_a_sync_the_kernel_reads_ahead_as_far_as_it_likes()
    {
        if (!TryForget()) return;
        var isReadAhead = IsReadAheadPlainly(); // a disk may be set to none
        _files.Sync(_file);
        for (long read = 0; read < ReadAhead.Care; read += ReadSize) _files.Read(_file, _target, 0);
        Assert.True(TryForget());

        ReadOn();

        Assert.Equal(isReadAhead, IsReadAhead());
    }

    [Fact]
    public void Calls_read_little_after_a_sync_until_much_was_read()
    {
        var ahead = new ReadAhead();
        Assert.Equal(int.MaxValue, ahead.CallSize);

        ahead.NoteSync();

        for (long read = 0; read < ReadAhead.Care; read += ReadSize)
        {
            Assert.Equal(LibC.TakesPositions ? ReadSize : int.MaxValue, ahead.CallSize);
            ahead.BeforeRead(_file, ReadSize);
        }

        Assert.Equal(int.MaxValue, ahead.CallSize);
    }

    private void ReadOn(int reads = Reads)
    {
        for (var i = 0; i < reads; i++) Assert.Equal(ReadSize, _files.Read(_file, _target, i * ReadSize));
    }

    private bool IsReadAheadPlainly()
    {
        using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        for (var i = 0; i < Reads; i++) Assert.Equal(ReadSize, RandomAccess.Read(file, _target, i * ReadSize));
        return IsReadAhead();
    }

    private bool IsReadAhead() => SpinWait.SpinUntil(() => Held() > Reads * ReadSize, TimeSpan.FromSeconds(1));

    // False where memory keeps what it is asked to forget, or never has it. What is being read just now is forgotten only once it is there.
    private bool TryForget()
    {
        if (!OperatingSystem.IsLinux() || Held() == 0) return false;
        LibC.SyncData(_file);
        return SpinWait.SpinUntil(() => Advise(_file, 0, 0, DontNeed) == 0 && Held() == 0, TimeSpan.FromSeconds(1));
    }

    // Bytes of the file that memory holds.
    private long Held()
    {
        using var map = MemoryMappedFile.CreateFromFile(_path, FileMode.Open);
        using var view = map.CreateViewAccessor();
        var pages = new byte[Size / Environment.SystemPageSize];
        Assert.Equal(0, InCore(view.SafeMemoryMappedViewHandle.DangerousGetHandle(), Size, pages));
        return pages.Count(page => (page & 1) != 0) * (long)Environment.SystemPageSize;
    }

    [DllImport("libc", EntryPoint = "posix_fadvise")]
    private static extern int Advise(SafeFileHandle file, long offset, long length, int advice);

    [DllImport("libc", EntryPoint = "mincore")]
    private static extern int InCore(nint start, nint length, byte[] pages);
}
