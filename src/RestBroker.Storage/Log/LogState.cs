using RestBroker.Core.Topics;

namespace RestBroker.Storage.Log;

/// <summary>
/// What the parts of a log share: the one lock, the segments that are written under it, the log end, and whether it still takes anything.
/// Thread-safe to read; who changes something holds <see cref="Gate"/>.
/// </summary>
internal sealed class LogState(TopicPartition partition, TopicConfig config, SegmentWriter writer, long nextOffset)
{
    private long _nextOffset = nextOffset;
    private Exception? _failure;
    private volatile bool _isClosed, _isDeleted;

    public Lock Gate { get; } = new();

    public TopicPartition Partition => partition;

    public TopicConfig Config { get; set; } = config;

    /// <summary>Whether a record is committed as soon as it is written: nobody waits for a sync.</summary>
    public bool IsAsync => Config.Durability == Core.Topics.Durability.Async;

    public SegmentWriter Writer => writer;

    /// <summary>The log end: the offset that the next record gets.</summary>
    public long NextOffset
    {
        get => Volatile.Read(ref _nextOffset);
        set => Volatile.Write(ref _nextOffset, value);
    }

    /// <summary>Whether it takes nothing more: the topic is gone or the broker ends.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Whether the topic is gone.</summary>
    public bool IsDeleted => _isDeleted;

    /// <summary>What poisoned the log; null while it is healthy.</summary>
    public Exception? Failure
    {
        get => Volatile.Read(ref _failure);
        set => Volatile.Write(ref _failure, value);
    }

    public bool IsHealthy => Failure is null;

    /// <summary>Whether what is written may still be synced, and segments changed.</summary>
    public bool IsLive => !IsClosed && IsHealthy;

    public void Close() => _isClosed = true;

    public void Delete() => (_isDeleted, _isClosed) = (true, true);

    public void ThrowUnlessWritable()
    {
        if (_isDeleted) throw LogRefusal.Deleted(partition);
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (Failure is { } failure) throw LogRefusal.Poisoned(partition, failure);
    }
}
