using System.Diagnostics;

namespace RestBroker.Storage.Cleaning;

/// <summary>
/// Keeps compaction from taking the disk away from producers and readers: it reads and writes no more than so many bytes a second. Not
/// thread-safe.
/// </summary>
internal sealed class CompactionPace(long bytesPerSecond)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private double _allowedSeconds = 1;

    /// <summary>No limit: for tests, and for who has the disk to himself.</summary>
    public static CompactionPace None => new(long.MaxValue);

    /// <summary>Bytes read and written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Counts bytes, and waits where they came too quickly.</summary>
    public void Spend(int bytes, CancellationToken cancellationToken)
    {
        Bytes += bytes;
        _allowedSeconds -= (double)bytes / bytesPerSecond;
        var ahead = -_allowedSeconds - Stopwatch.GetElapsedTime(_started).TotalSeconds;
        if (ahead > 0) cancellationToken.WaitHandle.WaitOne(TimeSpan.FromSeconds(ahead));
    }
}
