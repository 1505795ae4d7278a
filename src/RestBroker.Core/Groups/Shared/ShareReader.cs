using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;

namespace RestBroker.Core.Groups.Shared;

/// <summary>Searches the log of one partition for records to give out: first those that came back, then new ones. Thread-safe.</summary>
internal sealed class ShareReader(ILogEngine engine, LiveShare share)
{
    private const int MinStepBytes = 64 * 1024;

    /// <summary>Fills the batch from one partition and gives out what was found.</summary>
    /// <exception cref="BrokerException">StorageFailed.</exception>
    internal async ValueTask TakeAsync(ShareSlot slot, ShareBatch batch, CancellationToken cancellationToken)
    {
        await slot.Gate.WaitAsync(cancellationToken);
        try
        {
            var search = new Search(slot, share.Look(slot), batch, share.MaxInFlight);
            while (!batch.IsFull && search.Wanted is { } offset)
            {
                if (!await StepAsync(search, offset, batch, cancellationToken)) break;
            }

            Give(slot, search, batch);
        }
        finally
        {
            slot.Gate.Release();
        }
    }

    private void Give(ShareSlot slot, Search search, ShareBatch batch)
    {
        if (search.Find is not { } find) return;
        var hold = new ShareHold(ShareReceipt.NewHoldId(), batch.Fetch.Member);
        var given = share.Acquire(slot, find, hold, batch.Fetch.AcceptAtOnce);
        foreach (var record in search.Records.Where(record => given.ContainsKey(record.Offset)))
        {
            var receipt = new ShareReceipt(slot.Incarnation, slot.Partition.Partition, record.Offset, hold.Id).ToString();
            batch.Add(new SharedRecord(slot.Partition, record, given[record.Offset], batch.Fetch.AcceptAtOnce ? null : receipt));
        }

        if (given.Count > 0 && !batch.Fetch.AcceptAtOnce) batch.Add(slot, hold.Id);
    }

    // False at the end of the log.
    private async ValueTask<bool> StepAsync(Search search, long offset, ShareBatch batch, CancellationToken cancellationToken)
    {
        var request = new FetchRequest
        {
            Partitions = [new FetchPartition(search.Slot.Partition, offset, search.Slot.TopicId)],
            MaxBytes = Math.Max(MinStepBytes, batch.BytesLeft),
            MinBytes = 0,
        };
        using var found = await engine.FetchAsync(request, cancellationToken);
        var entry = found.Partitions[0];
        switch (entry.Error)
        {
            case BrokerError.None when entry.Batches.IsEmpty:
                search.NothingUntil(entry.HighWatermark);
                return false;
            case BrokerError.None or BrokerError.RecordCorrupt when !entry.Batches.IsEmpty:
                search.Walk(entry);
                return true;
            case BrokerError.RecordCorrupt when entry.Corrupt is { } range && range.To > offset:
                search.Pass(offset, range.To, isTrimmed: false);
                return true;
            case BrokerError.OffsetTrimmed when entry.LogStartOffset > offset:
                search.Pass(offset, entry.LogStartOffset, isTrimmed: true);
                return true;
            case BrokerError.StorageFailed when search.Records.Count == 0:
                throw new BrokerException(BrokerError.StorageFailed, $"{search.Slot.Partition} cannot be read now. Ask again later.");
            default:
                // The topic is gone, or is another one: the next look at the group sees that.
                return false;
        }
    }

    /// <summary>One search of one partition.</summary>
    private sealed class Search
    {
        private readonly SharePartition _state;
        private readonly ShareBatch _batch;
        private readonly Queue<long> _back;
        private readonly List<long> _missing = [];
        private int _windowRoom;
        private int _room;
        private int _bytesLeft;
        private long _nextEnd;

        internal Search(ShareSlot slot, SharePartition state, ShareBatch batch, int maxInFlight)
        {
            Slot = slot;
            _state = state;
            _batch = batch;
            _nextEnd = state.End;
            _windowRoom = maxInFlight - state.Records.Count;
            _room = batch.Room;
            _bytesLeft = batch.BytesLeft;
            _back = state.Counts.Available == 0
                ? new Queue<long>()
                : new Queue<long>(state.Records.Where(record => record.Value.State == ShareRecordState.Available).Select(record => record.Key));
        }

        internal ShareSlot Slot { get; }

        internal List<Record> Records { get; } = [];

        /// <summary>The next offset to look at; null where there is nothing to look for, or no room.</summary>
        internal long? Wanted =>
            _room <= 0 ? null
            : _back.TryPeek(out var back) ? back
            : _windowRoom > 0 ? _nextEnd
            : null;

        internal ShareFind? Find => Records.Count == 0 && _missing.Count == 0 && _nextEnd == _state.End
            ? null
            : new ShareFind(_state.End, _nextEnd, [.. Records.Select(record => record.Offset)], _missing);

        internal void Walk(FetchedPartition entry)
        {
            using var walk = new BatchWalk();
            walk.Begin(entry, Wanted!.Value);
            while (walk.TryRead(out var record, out var corrupt) is var isRecord && (isRecord || corrupt is not null))
            {
                if (corrupt is { } range)
                {
                    Pass(range.From, range.To, isTrimmed: false);
                    continue;
                }

                MissBefore(record.Offset);
                var isBack = _back.TryPeek(out var back) && back == record.Offset;
                if (isBack || record.Offset >= _state.End)
                {
                    if (!TryTake(record, isBack)) return;
                }

                walk.Pass(record);
            }

            MissBefore(walk.Position);
            if (walk.Position > _nextEnd) _nextEnd = walk.Position;
        }

        /// <summary>Offsets that cannot be had.</summary>
        internal void Pass(long from, long to, bool isTrimmed)
        {
            _batch.Add(new ShareGap(Slot.Partition, from, to, isTrimmed));
            MissBefore(to);
            if (to > _nextEnd) _nextEnd = to;
        }

        /// <summary>From the offset wanted to the end of the log there is no record.</summary>
        internal void NothingUntil(long highWatermark) => MissBefore(Math.Min(highWatermark, _state.End));

        private void MissBefore(long offset)
        {
            while (_back.TryPeek(out var back) && back < offset) _missing.Add(_back.Dequeue());
        }

        private bool TryTake(in Record record, bool isBack)
        {
            var size = (int)Math.Min(int.MaxValue, record.Size);
            var isFirst = Records.Count == 0 && _batch.Records.Count == 0;
            if (_room == 0 || (!isBack && _windowRoom == 0) || (!isFirst && size > _bytesLeft))
            {
                _room = 0;
                return false;
            }

            if (isBack) _back.Dequeue();
            else (_windowRoom, _nextEnd) = (_windowRoom - 1, record.Offset + 1);
            _room--;
            _bytesLeft -= size;
            Records.Add(record.Copy());
            return true;
        }
    }
}
