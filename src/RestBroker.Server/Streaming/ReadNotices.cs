using System.Diagnostics.CodeAnalysis;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Streaming;

/// <summary>Turns what partitions could not give into notices, in their order; each is carried out when it is taken.</summary>
internal sealed class ReadNotices(ILogEngine engine, ReadPlan plan)
{
    private readonly Queue<ReadNotice> _queue = [];

    public bool Any => _queue.Count > 0;

    public void Add(ReadNotice notice) => _queue.Enqueue(notice);

    /// <summary>The next notice; the position has moved as it says.</summary>
    public bool TryTake([NotNullWhen(true)] out ReadNotice? notice)
    {
        if (!_queue.TryDequeue(out notice)) return false;
        CarryOut(notice);
        return true;
    }

    /// <summary>
    /// Notes what went wrong in a partition, in the stream where there is one to speak in. Returns what ends the read or is to be refused.
    /// </summary>
    public async ValueTask<BrokerException?> NoteAsync(
        (TopicPosition Topic, int Partition) asked, FetchedPartition found, bool inBand, CancellationToken cancellationToken)
    {
        var (topic, partition) = asked;
        var position = topic.NextOffset(partition);
        switch (found.Error)
        {
            case BrokerError.None:
            case BrokerError.RecordCorrupt when !found.Batches.IsEmpty: // what lies before the damage first
                return null;
            case BrokerError.RecordCorrupt when found.Corrupt is { } range && range.To > position:
                Add(ReadNotice.Gap(topic, partition, position, range.To, ReadNotice.Corrupt));
                return null;
            case BrokerError.OffsetTrimmed when inBand || plan.Clamp:
                Add(ReadNotice.Gap(topic, partition, position, found.LogStartOffset, ReadNotice.Trimmed));
                return null;
            case BrokerError.OffsetOutOfRange when inBand:
                var start = await plan.From.ResolveAsync(engine, topic.Name, cancellationToken);
                Add(new(ReadNoticeKind.Reset)
                {
                    Topic = topic.Name,
                    Partition = partition,
                    From = position,
                    To = start[partition],
                    Reason = ReadNotice.BeyondEnd,
                });
                return null;
            case BrokerError.OffsetOutOfRange when plan.Clamp:
                topic.MoveTo(partition, found.HighWatermark);
                return null;
            case BrokerError.TopicRecreated when inBand:
                return await NoteRecreatedAsync(topic, cancellationToken);
            default:
                return ReadRefusals.Of(found, topic.Name, position);
        }
    }

    // Not a part of the method above, which is asked before each record: it would allocate what the lambda captures.
    private void CarryOut(ReadNotice notice)
    {
        var name = notice.Topic;
        if (plan.Topics.FirstOrDefault(topic => topic.Name == name) is not { } topic) return;
        if (notice.NewTopic is { } recreated) topic.Recreate(recreated);
        else if (notice.Partition is { } partition) topic.MoveTo(partition, notice.To);
    }

    private async ValueTask<BrokerException?> NoteRecreatedAsync(TopicPosition topic, CancellationToken cancellationToken)
    {
        if (_queue.Any(notice => notice.Topic == topic.Name && notice.NewTopic is not null)) return null; // its other partitions say the same
        if (await engine.DescribeTopicAsync(topic.Name, cancellationToken) is not { } now) return ReadRefusals.UnknownTopic(topic.Name);
        Add(Recreated(now));
        return null;
    }

    /// <summary>The reset of a topic that was created again: it is read from its beginning.</summary>
    public static ReadNotice Recreated(TopicDescription now) =>
        new(ReadNoticeKind.Reset) { Topic = now.Name, Reason = ReadNotice.Recreated, NewTopic = now };
}
