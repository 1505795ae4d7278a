using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Cleaning;

/// <summary>
/// Puts a cleaned segment in the place of those it was made from. Its second name tells the offsets it stands for, and bearing that name
/// is what counts: before it the old files are the log, after it the new one is, and what is left to do is done by whoever comes next,
/// this run or the next start. Not thread-safe.
/// </summary>
internal sealed class SegmentSwap(string directory, IFileStore files, IReadOnlyList<LogSegment> replaced, LogSegment cleaned)
{
    /// <summary>The suffix of a file that counts and has not got its last name.</summary>
    public const string Suffix = ".swap";

    private readonly string _swapPath = Path.Combine(directory, $"{cleaned.BaseOffset:D20}-{cleaned.NextOffset:D20}{Suffix}");

    public LogSegment Cleaned => cleaned;

    /// <summary>From its return on the cleaned segment is the log, whatever happens. A failure leaves the old ones.</summary>
    public void Commit()
    {
        cleaned.File.MoveTo(_swapPath);
        files.SyncDirectory(directory);
    }

    /// <summary>Takes the cleaned segment away again: the old ones are the log.</summary>
    public void Abandon()
    {
        cleaned.File.Delete();
        // The disk may have given it the name and have said that it failed.
        files.Delete(_swapPath);
    }

    /// <summary>Removes the old files and gives the new one its last name. May be tried again as often as need be.</summary>
    public void Finish()
    {
        // The first goes first: as long as it is there, all of them are.
        foreach (var segment in replaced) segment.Delete();
        files.SyncDirectory(directory);
        cleaned.File.MoveTo(Path.Combine(directory, $"{cleaned.BaseOffset:D20}.log"));
        files.SyncDirectory(directory);
    }
}
