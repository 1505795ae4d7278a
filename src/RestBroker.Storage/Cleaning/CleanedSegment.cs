using RestBroker.Core.Records;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Cleaning;

/// <summary>
/// Writes the batches that compaction keeps to a new file, and leaves no hole between them: the batch before a hole stands for its offsets
/// too, or, where it is a producer's, a batch without records does. So a batch is still held against the one before it, and a bit that
/// flipped in an offset is found as in any other segment. Not thread-safe.
/// </summary>
internal sealed class CleanedSegment : IDisposable
{
    /// <summary>The file's suffix until it is complete.</summary>
    public const string Suffix = ".cleaned";

    private const int WriteChunk = 1024 * 1024;

    private readonly CompactionPace _pace;
    private readonly PooledBuffer _out = new(WriteChunk);
    private readonly PooledBuffer _last = new();
    private long _written;
    private long _expected;

    public CleanedSegment(string directory, long baseOffset, OpenSegments open, CompactionPace pace)
    {
        (Segment, _expected, _pace) = (new LogSegment(directory, baseOffset, open, Suffix), baseOffset, pace);
        // What a run that was cut short has left.
        using var lease = Segment.File.Rent();
        open.Files.Truncate(lease.Handle, 0);
    }

    public LogSegment Segment { get; }

    private IFileStore Files => Segment.File.Files;

    /// <summary>Adds a batch behind those that are there.</summary>
    public void Append(RecordBatch batch, CancellationToken cancellationToken)
    {
        Cover(batch.BaseOffset, batch.LeaderEpoch, cancellationToken);
        Put(cancellationToken);
        _last.Write(batch.Bytes.Span);
        _expected = batch.NextOffset;
    }

    /// <summary>Ends at an offset. Returns once the file is on the disk, under its first name.</summary>
    public LogSegment Finish(long nextOffset, IReadOnlyList<LogSegment> sources, CancellationToken cancellationToken)
    {
        Cover(nextOffset, sources[^1].LeaderEpoch, cancellationToken);
        Put(cancellationToken);
        Flush(cancellationToken);
        using (var lease = Segment.File.Rent()) Files.Sync(lease.Handle);
        Segment.SyncedSize = Segment.Size;
        Segment.TakeOver(sources[0].FirstAppendTime, sources.Max(source => source.LastAppendTime));
        Segment.SteadyAppendTime = sources.Max(source => source.SteadyAppendTime);
        return Segment;
    }

    /// <summary>Removes the file; what it was to replace is untouched.</summary>
    public void Drop() => Segment.File.Delete();

    public void Dispose()
    {
        _out.Dispose();
        _last.Dispose();
    }

    private void Cover(long offset, int leaderEpoch, CancellationToken cancellationToken)
    {
        if (offset == _expected) return;
        var last = new RecordBatch(_last.Written);
        // A producer's batch says with its span which sequences it holds; that span is not ours to change.
        if (last.Size > 0 && last.ProducerId < 0 && !last.IsControl && offset - last.BaseOffset <= int.MaxValue)
        {
            last.ExtendTo(offset - 1);
        }
        else
        {
            Put(cancellationToken);
            RecordBatch.WriteEmpty(_last.GetMemory(RecordBatch.HeaderSize), _expected, offset - 1, leaderEpoch);
            _last.Advance(RecordBatch.HeaderSize);
        }

        _expected = offset;
    }

    private void Put(CancellationToken cancellationToken)
    {
        if (_last.Length == 0) return;
        Segment.Track(new RecordBatch(_last.Written), 0);
        _out.Write(_last.Written.Span);
        _last.Truncate(0);
        if (_out.Length >= WriteChunk) Flush(cancellationToken);
    }

    private void Flush(CancellationToken cancellationToken)
    {
        _pace.Spend(_out.Length, cancellationToken);
        Segment.File.WrittenSize = _written + _out.Length;
        using (var lease = Segment.File.Rent()) Files.WriteInTurns(lease.Handle, _out.Written.Span, _written);
        _written += _out.Length;
        _out.Truncate(0);
    }
}
