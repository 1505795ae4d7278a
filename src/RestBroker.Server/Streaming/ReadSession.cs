using System.Runtime.CompilerServices;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;

namespace RestBroker.Server.Streaming;

/// <summary>
/// One read of one topic or several, whatever its dress: a JSON page, NDJSON, server-sent events. Each step asks the engine once, and
/// waits there; then everything found is pulled out by <see cref="TryRead"/>. The position moves with what is pulled and never ahead of
/// it, so that it may stand beside every record and notice. A slow reader is served from the log: nothing is queued. Not thread-safe.
/// </summary>
internal sealed class ReadSession : IDisposable
{
    private readonly ILogEngine _engine;
    private readonly ReadPlan _plan;
    private readonly ReadScope _scope;
    private readonly ReadNotices _notices;
    private readonly BatchWalk _walk = new();
    private Turns _turn;
    private FetchResult? _found;
    private int _entry;
    private bool _isWalking;
    private FetchResult? _next;
    private int _steps;
    private long _most = long.MaxValue;

    public ReadSession(ILogEngine engine, ReadPlan plan)
    {
        _engine = engine;
        _plan = plan;
        Place = new ReadPlace(plan.Topics);
        _scope = new ReadScope(plan.Topics, plan.MaxPartitions);
        _notices = new ReadNotices(engine, plan);
    }

    /// <summary>
    /// Whether the client hears of trouble in the stream. Otherwise a position that cannot be read is an exception, unless records were
    /// given out already: then the read ends before it.
    /// </summary>
    public bool SpeaksInBand { get; set; }

    /// <summary>Where it stands.</summary>
    public ReadPlace Place { get; }

    /// <summary>The ids of its topics, in their order.</summary>
    public IEnumerable<Guid> TopicIds => _plan.Topics.Select(topic => topic.Topic.TopicId);

    /// <summary>Whether trouble is left to somebody else to tell: then the read stands before it and gives nothing more.</summary>
    public bool KeepsNotices { get; init; }

    /// <summary>Whether there is trouble to tell.</summary>
    public bool HasNotices => _notices.Any;

    /// <summary>Records given out.</summary>
    public long Delivered { get; private set; }

    /// <summary>Bytes of keys, values and headers given out.</summary>
    public long DeliveredBytes { get; private set; }

    /// <summary>Bytes of batches looked through.</summary>
    public long ScannedBytes { get; private set; }

    /// <summary>Whether anything at all was given out.</summary>
    public bool HasSpoken { get; private set; }

    /// <summary>Whether the limit or the bytes are used up; nothing more is given out.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Whether it has come to where it was to end.</summary>
    public bool IsOver => _plan.HasUntil && Place.IsAtBound;

    /// <summary>Records that may still be given out.</summary>
    public long Left => _plan.Limit - Delivered;

    /// <summary>What is given out, where not every record is.</summary>
    public RecordFilter? Filter => _plan.Filter;

    /// <summary>Whether every partition stood at its end when it was last asked.</summary>
    public bool IsUpToDate => !_notices.Any && _scope.IsUpToDate;

    /// <summary>Records between the position and the end.</summary>
    public long Lag => _scope.Lag;

    /// <summary>The position behind everything given out. Valid until the next call of anything here.</summary>
    public IReadOnlyList<CursorTopic> Position => Place.Now;

    /// <summary>
    /// One step: asks for what follows the position and waits for it. False when the broker is stopping. What the step before found must
    /// have been pulled.
    /// </summary>
    /// <exception cref="BrokerException">The position cannot be read and there is no stream to say so in.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FetchAsync(TimeSpan maxWait, ReadLifetime lifetime)
    {
        Release();
        if (lifetime.IsStopping && _next is null) return false; // what is there already is given out
        var cancellationToken = lifetime.TokenOf(maxWait);
        try
        {
            for (var i = 0; i < _plan.Topics.Count; i++)
            {
                var topic = _plan.Topics[i];
                if (await _engine.DescribeTopicAsync(topic.Name, cancellationToken) is { } now && now.TopicId == topic.Topic.TopicId) topic.Update(now);
            }

            var request = new FetchRequest { Partitions = _scope.Ask(), MaxBytes = StepBytes(), MaxWait = maxWait, MinBytes = maxWait == TimeSpan.Zero ? 0 : 1 };
            var found = _next is { } next ? new ValueTask<FetchResult>(next) : _engine.FetchAsync(request, cancellationToken);
            var hasWaited = !found.IsCompleted;
            _found = await found;
            _next = null;
            _steps++;
            var scanned = _scope.Note(_found);
            ScannedBytes += scanned;
            await NoteErrorsAsync(_found, cancellationToken);
            if (_turn.IsOver(scanned) && !hasWaited) await Turns.PassAsync();
            return true;
        }
        catch (OperationCanceledException) when (lifetime.IsStopping)
        {
            return false;
        }
        catch (BrokerException refusal) when (SpeaksInBand)
        {
            _notices.Add(ReadNotice.Of(refusal));
            return true;
        }
    }

    /// <summary>The next notice or record of the step; false when it is used up or the read is full.</summary>
    public bool TryRead(out ReadItem item)
    {
        item = default;
        if (KeepsNotices && _notices.Any) return false;
        if (_notices.TryTake(out var notice))
        {
            // What was found in the topic that bore the name before has nothing to do with the one that bears it now.
            if (notice.NewTopic is not null) Release();
            HasSpoken = true;
            item = new ReadItem(notice);
            return true;
        }

        if (Delivered >= _plan.Limit) IsFull = true;
        if (IsFull || !TryReadRecord(out item)) return false;
        HasSpoken = true;
        return true;
    }

    /// <summary>What is left to be wanted, wherever others bring it: the plan of a read that takes over, but for its place.</summary>
    public ReadPlan Rest => _plan with { Topics = [], Limit = Left };

    /// <summary>A read in the partitions of this one that takes over from where others have come. Thread-safe.</summary>
    public ReadSession TakeOver(ReadPlan rest, Cursor position, Cursor end) =>
        new(_engine, rest with { Topics = Place.At(position, end) }) { SpeaksInBand = true };

    /// <summary>A read of its own for everybody who stands here: every record, and no word of what is none.</summary>
    public ReadSession Fork(int stepBytes)
    {
        var topics = _plan.Topics.Select(topic => topic.Fork()).ToList();
        var plan = _plan with { Topics = topics, Filter = null, Limit = long.MaxValue, StepBytes = stepBytes };
        return new ReadSession(_engine, plan) { SpeaksInBand = true, KeepsNotices = true };
    }

    /// <summary>
    /// A read of the same plan that goes on where this one stands, beginning with what this one's step still holds; to be done with before
    /// this one moves. Of one partition, without bounds.
    /// </summary>
    public ReadSession LookAhead()
    {
        var ahead = new ReadSession(_engine, _plan with { Topics = [.. _plan.Topics.Select(topic => topic.Fork())] })
        { HasSpoken = HasSpoken, Delivered = Delivered, DeliveredBytes = DeliveredBytes, ScannedBytes = ScannedBytes };
        if (_found is null) return ahead;
        ahead._scope.Ask();
        ahead._scope.Note(_found);
        ahead._found = new FetchResult(_found.Partitions); // the memory stays this one's
        return ahead;
    }

    /// <summary>
    /// Gives out what the look ahead has seen and no record more; what a filter drops behind the last is still passed over. If that took one
    /// more step, it is not read twice.
    /// </summary>
    public void GoAfter(ReadSession ahead)
    {
        _most = ahead.Delivered;
        if (ahead._steps != 1) return;
        (_next, ahead._found) = (ahead._found, null);
    }

    /// <summary>The place of a topic in the position.</summary>
    public int IndexOf(string topic)
    {
        for (var i = 0; i < _plan.Topics.Count; i++)
        {
            if (_plan.Topics[i].Name == topic) return i;
        }

        throw new ArgumentOutOfRangeException(nameof(topic), topic, "It is not read here.");
    }

    public void Dispose()
    {
        Release();
        _next?.Dispose();
    }

    private bool TryReadRecord(out ReadItem item)
    {
        while (_found is not null && TryBeginEntry())
        {
            var (topic, partition) = _scope.Asked[_entry];
            while (_walk.TryRead(out var record, out var corrupt) is var isRecord && (isRecord || corrupt is not null))
            {
                if (topic.BoundOf(partition) is var bound && (corrupt?.From ?? record.Offset) >= bound)
                {
                    topic.Advance(partition, bound);
                    break;
                }

                if (corrupt is { } range)
                {
                    // The walk stands behind the range already; the position follows when the notice is given out.
                    topic.Advance(partition, range.From);
                    _notices.Add(ReadNotice.Gap(topic, partition, range.From, range.To, ReadNotice.Corrupt));
                    return TryRead(out item);
                }

                if (_plan.Filter?.Matches(record) != false)
                {
                    item = new ReadItem(topic.Name, partition, record);
                    return TryDeliver(topic, partition, record);
                }

                _walk.Pass(record);
            }

            topic.Advance(partition, Math.Min(_walk.Position, topic.BoundOf(partition)));
            (_isWalking, _entry) = (false, _entry + 1);
        }

        item = default;
        return false;
    }

    private bool TryDeliver(TopicPosition topic, int partition, in Record record)
    {
        var size = record.Size;
        IsFull = Delivered >= _most || (Delivered > 0 && size > _plan.MaxBytes - DeliveredBytes);
        topic.Advance(partition, IsFull ? record.Offset : record.Offset + 1);
        if (IsFull) return false;
        _walk.Pass(record);
        Delivered++;
        DeliveredBytes += size;
        return true;
    }

    // What one partition cannot give does not keep the others from being read, unless somebody must be told by a status.
    private async ValueTask NoteErrorsAsync(FetchResult found, CancellationToken cancellationToken)
    {
        for (var i = 0; i < found.Partitions.Count; i++)
        {
            var trouble = await _notices.NoteAsync(_scope.Asked[i], found.Partitions[i], SpeaksInBand, cancellationToken);
            if (trouble is null) continue;
            if (SpeaksInBand) _notices.Add(ReadNotice.Of(trouble));
            else if (HasSpoken) IsFull = true;
            else throw trouble;
        }
    }

    // An entry is begun when its turn comes, at the position that the notices before it left.
    private bool TryBeginEntry()
    {
        if (_isWalking) return true;
        while (_entry < _scope.Asked.Count && _found!.Partitions[_entry].Batches.IsEmpty) _entry++;
        if (_entry == _scope.Asked.Count) return false;
        var (topic, partition) = _scope.Asked[_entry];
        _walk.Begin(_found!.Partitions[_entry], topic.NextOffset(partition));
        return _isWalking = true;
    }

    private int StepBytes() => (int)Math.Min(_plan.StepBytes, Math.Max(1, _plan.MaxBytes - DeliveredBytes));

    private void Release()
    {
        _walk.Dispose();
        (_isWalking, _entry) = (false, 0);
        _found?.Dispose();
        _found = null;
    }
}
