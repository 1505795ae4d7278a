using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Limit;

/// <summary>
/// The segments of one log, read by this program as plainly as the system allows: what the broker's reads of them are measured beside where
/// memory does not hold them. Not thread-safe.
/// </summary>
internal sealed partial class LogFiles : IDisposable
{
    private const int DontNeed = 4; // POSIX_FADV_DONTNEED on Linux

    private readonly SafeFileHandle[] _files;
    private int _file;
    private long _position;

    /// <param name="directory">The partition's.</param>
    public LogFiles(string directory) =>
        _files = [.. Directory.EnumerateFiles(directory, "*.log").Order(StringComparer.Ordinal).Select(path => File.OpenHandle(path))];

    /// <summary>A side that finds nothing of the files in memory when its slice begins: what it reads is read from the disk.</summary>
    public Side Forgotten(Side side) => side with
    {
        Run = duration =>
        {
            Forget();
            return side.Run(duration);
        },
    };

    /// <summary>Reads on from where the last slice ended, in pieces of so many bytes; all of it once at the most. Counts bytes.</summary>
    public Slice ReadOn(TimeSpan duration, int pieceSize)
    {
        var buffer = new byte[pieceSize];
        var length = _files.Sum(RandomAccess.GetLength);
        var (cpu, started, bytes) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp(), 0L);
        while (Stopwatch.GetElapsedTime(started) < duration && bytes < length)
        {
            var read = RandomAccess.Read(_files[_file], buffer, _position);
            (bytes, _position) = (bytes + read, _position + read);
            if (read < pieceSize) (_file, _position) = ((_file + 1) % _files.Length, 0);
        }

        return SliceOf(bytes, started, cpu);
    }

    /// <summary>Reads pieces at random, many threads at once. Counts pieces.</summary>
    public Slice ReadAnywhere(TimeSpan duration, int pieceSize, int threads)
    {
        var (cpu, started, pieces) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp(), 0L);
        var readers = Enumerable.Range(0, threads).Select(seed => new Thread(() =>
        {
            var random = new Random(seed);
            var buffer = new byte[pieceSize];
            for (; Stopwatch.GetElapsedTime(started) < duration; Interlocked.Increment(ref pieces))
            {
                var file = _files[random.Next(_files.Length)];
                RandomAccess.Read(file, buffer, random.NextInt64(Math.Max(1, RandomAccess.GetLength(file) - pieceSize)));
            }
        })).ToList();
        foreach (var reader in readers) reader.Start();
        foreach (var reader in readers) reader.Join();
        return SliceOf(pieces, started, cpu);
    }

    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    private void Forget()
    {
        foreach (var file in _files)
        {
            DataSync.Run(file); // what is not on the disk would be kept
            if (Advise(file, 0, 0, DontNeed) is var errno and not 0) throw new Win32Exception(errno);
        }
    }

    private static Slice SliceOf(long units, long started, TimeSpan cpu) => new()
    {
        Units = units,
        Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
        CpuSeconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds,
    };

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
