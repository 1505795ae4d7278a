using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Streaming;

/// <summary>The partitions that a read asks for, step by step in another order: whoever comes first may fill a step alone.</summary>
internal sealed class ReadScope(IReadOnlyList<TopicPosition> topics, int maxPartitions)
{
    private readonly List<FetchPartition> _request = [];
    private readonly List<(TopicPosition Topic, int Partition)> _asked = [];
    private long _turn = -1;

    /// <summary>What each entry of the last request was for.</summary>
    public IReadOnlyList<(TopicPosition Topic, int Partition)> Asked => _asked;

    public bool IsUpToDate => topics.All(topic => topic.IsUpToDate);

    public long Lag => topics.Sum(topic => topic.Lag);

    private int PartitionsInScope
    {
        get
        {
            var count = 0;
            for (var i = 0; i < topics.Count; i++) count += topics[i].PartitionsInScope;
            return count;
        }
    }

    /// <summary>The next step's partitions.</summary>
    /// <exception cref="BrokerException">InvalidRange: there are too many.</exception>
    public IReadOnlyList<FetchPartition> Ask()
    {
        var count = PartitionsInScope;
        if (count > maxPartitions)
        {
            throw new BrokerException(
                BrokerError.InvalidRange,
                $"The read spans {count} partitions; at most {maxPartitions} are allowed. Name some with partitions=0,1,2 and read the others by another request.");
        }

        _asked.Clear();
        // Most reads are of one partition, and a list that grows begins with four.
        if (_asked.Capacity < count) _asked.Capacity = _request.Capacity = count;
        for (var i = 0; i < topics.Count; i++)
        {
            for (var partition = 0; partition < topics[i].PartitionCount; partition++)
            {
                if (topics[i].IsWanted(partition)) _asked.Add((topics[i], partition));
            }
        }

        Rotate(Turn());
        _request.Clear();
        foreach (var (topic, partition) in _asked)
            _request.Add(new FetchPartition(new TopicPartition(topic.Name, partition), topic.NextOffset(partition), topic.Topic.TopicId));
        return _request;
    }

    /// <summary>Notes where the partitions end; returns how many bytes of batches there were.</summary>
    public long Note(FetchResult found)
    {
        var bytes = found.Partitions.Sum(partition => (long)partition.Batches.Length);
        for (var i = 0; i < _asked.Count; i++)
        {
            var (topic, partition) = _asked[i];
            var entry = found.Partitions[i];
            // Where the log is gone its end is not known: what was known of it holds, and the reader is not up to date with it.
            if (entry.Error is BrokerError.UnknownTopicOrPartition or BrokerError.TopicRecreated) continue;
            // Offsets below the high watermark may hold no record: after compaction, or where a crash left a hole. Then this is the end.
            // Only if nobody got anything: a batch too large for what others left over is not given either.
            var nothingThere = entry.Error == BrokerError.None && bytes == 0;
            topic.NoteEnd(partition, nothingThere ? Math.Min(entry.HighWatermark, topic.NextOffset(partition)) : entry.HighWatermark);
            if (nothingThere && topic.BoundOf(partition) is var bound && bound <= entry.HighWatermark) topic.Advance(partition, bound);
        }

        return bytes;
    }

    // A page begins where its position says, as if by lot: the same position gives the same page, and no partition waits for ever.
    private int Turn()
    {
        if (_turn < 0)
        {
            ulong mixed = 0;
            foreach (var (topic, partition) in _asked) mixed = (mixed + (ulong)topic.NextOffset(partition)) * 0x9E3779B97F4A7C15;
            _turn = (long)((mixed ^ (mixed >> 29)) >> 8);
        }
        else
        {
            _turn++;
        }

        return _asked.Count == 0 ? 0 : (int)(_turn % _asked.Count);
    }

    private void Rotate(int count)
    {
        if (count == 0) return;
        _asked.Reverse(0, count);
        _asked.Reverse(count, _asked.Count - count);
        _asked.Reverse();
    }
}
