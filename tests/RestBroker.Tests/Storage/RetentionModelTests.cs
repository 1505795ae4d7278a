using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.CrashTests.History;
using RestBroker.Storage.Cleaning;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Tests.Storage;

/// <summary>
/// Retention against a model that knows the true time, under clocks that jump by years: it takes what may go, from the front, in whole
/// closed segments, and nothing early. <c>RESTBROKER_FULL=1</c> tries 100,000 histories instead of 2,000.
/// </summary>
public sealed class RetentionModelTests
{
    private const long Day = 24L * 60 * 60 * 1000;

    private static readonly int Histories = Effort.Of(2_000, 100_000);

    [Fact]
    public void What_may_go_goes_and_nothing_goes_early_however_the_clocks_jump()
    {
        long removed = 0, kept = 0;
        for (var seed = 0; seed < Histories; seed++)
        {
            var history = new History(seed);
            for (var look = 0; look < 4; look++)
            {
                history.GoOn();
                var count = history.Look();
                removed += count;
                kept += history.Kept;
            }
        }

        FaultTable.Held("retention against its model, clocks that jump", Histories, "0..");
        Assert.True(removed > Histories / 2 && kept > Histories / 2, $"{removed} removed, {kept} kept: the histories must do both");
    }

    /// <summary>What is known of a segment besides what retention sees: when its records were truly appended.</summary>
    private sealed record Known(LogSegment Segment, List<(long TrueTime, long WallTime, long Timestamp)> Records);

    private sealed class History
    {
        private readonly Random _random;
        private readonly int _seed;
        private readonly JumpingClock _clock = new();
        private readonly OpenSegments _open = new(new FaultyFileStore(), 1);
        private readonly List<Known> _segments = [];
        private readonly TopicConfig _config;
        private readonly long? _retentionMs;
        private readonly long? _retentionBytes;
        private readonly bool _deletes;
        private long _nextOffset;

        public History(int seed)
        {
            (_seed, _random) = (seed, new Random(seed));
            _retentionMs = _random.Next(4) == 0 ? null : _random.NextInt64(1, 30 * Day);
            _retentionBytes = _random.Next(2) == 0 ? null : _random.Next(0, 1500);
            _deletes = _random.Next(8) > 0;
            _config = TopicConfig.Parse(new Dictionary<string, string>
            {
                ["retention.ms"] = $"{_retentionMs ?? -1}",
                ["retention.bytes"] = $"{_retentionBytes ?? -1}",
                ["cleanup.policy"] = _deletes ? "delete" : "compact",
            });
        }

        public int Kept => _segments.Count;

        private long TrueTime => (long)_clock.Elapsed.TotalMilliseconds;

        private long WallTime => _clock.GetUtcNow().ToUnixTimeMilliseconds();

        /// <summary>Some appends, some new segments, some time, some jumps of the wall clock.</summary>
        public void GoOn()
        {
            for (var steps = _random.Next(1, 12); steps > 0; steps--)
            {
                switch (_random.Next(6))
                {
                    case 0:
                        _clock.Elapsed += TimeSpan.FromMilliseconds(_random.NextInt64(20 * Day));
                        break;
                    case 1:
                        _clock.Skew = TimeSpan.FromDays(_random.Next(-20_000, 20_000));
                        break;
                    case 2:
                        _segments.Add(new Known(new LogSegment("/nowhere", _nextOffset, _open), []));
                        Append();
                        break;
                    default:
                        Append();
                        break;
                }
            }
        }

        /// <summary>Asks retention, holds its answer against the model's and obeys. Returns how many went.</summary>
        public int Look()
        {
            var active = _random.Next(4) == 0 ? null : _segments.LastOrDefault()?.Segment;
            var logStart = _random.Next(3) == 0 ? _random.NextInt64(_nextOffset + 1) : 0;
            var highWatermark = _random.Next(3) == 0 ? _random.NextInt64(_nextOffset + 1) : _nextOffset;
            var list = new SegmentList([.. _segments.Select(known => known.Segment)]);

            var count = Retention.CountExpired(list, active, _config, logStart, highWatermark, new ClockReading(WallTime, TrueTime));

            Assert.True(Expected(active, logStart, highWatermark) == count, $"history {_seed}");
            _segments.RemoveRange(0, count);
            return count;
        }

        private int Expected(LogSegment? active, long logStart, long highWatermark)
        {
            for (var count = 0; count < _segments.Count; count++)
            {
                var (segment, records) = _segments[count];
                var lastOffset = segment.BaseOffset + records.Count - 1;
                var isOver = segment != active && lastOffset < highWatermark;
                var restSize = _segments.Skip(count + 1).Sum(known => known.Segment.Size);
                var isAllOld = _deletes && _retentionMs is { } age
                    && records.TrueForAll(record => TrueTime - record.TrueTime > age && WallTime - record.Timestamp > age)
                    && WallTime - records[^1].WallTime > age;
                var isTooMuch = _deletes && _retentionBytes is { } bytes && restSize >= bytes;
                if (!isOver || !(lastOffset < logStart || isAllOld || isTooMuch)) return count;
            }

            return _segments.Count;
        }

        private void Append()
        {
            if (_segments.Count == 0) _segments.Add(new Known(new LogSegment("/nowhere", _nextOffset, _open), []));
            var (segment, records) = _segments[^1];
            var timestamp = _random.Next(3) == 0 ? WallTime - _random.NextInt64(60 * Day) : WallTime;
            using var builder = new RecordBatchBuilder();
            builder.Append(timestamp, null, new byte[_random.Next(300)]);
            var batch = builder.Build();
            batch.StampPlace(_nextOffset++, 0);
            segment.Track(batch, WallTime);
            segment.SteadyAppendTime = TrueTime;
            records.Add((TrueTime, WallTime, timestamp));
        }
    }
}
