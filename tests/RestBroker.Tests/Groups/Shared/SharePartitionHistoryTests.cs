using RestBroker.Core.Groups.Shared;
using RestBroker.CrashTests.History;
using Xunit.Abstractions;
using Is = RestBroker.Tests.Groups.Shared.ShareOracle.Is;

namespace RestBroker.Tests.Groups.Shared;

/// <summary>The machine of a shared partition against the oracle, in random histories. RESTBROKER_FULL=1 runs 100,000 of them.</summary>
public class SharePartitionHistoryTests(ITestOutputHelper output)
{
    private const int Steps = 60;
    private const int LeaseSeconds = 4;
    private static readonly string[] Members = ["a", "b", "c"];
    private static readonly int Histories = Effort.Of(400, 100_000);

    [Fact]
    public void Every_history_leaves_each_record_where_the_oracle_says()
    {
        var seed = Random.Shared.Next();
        var seen = new Dictionary<string, int>();
        for (var i = 0; i < Histories; i++)
        {
            var history = new History(new Random(seed + i));
            try
            {
                for (var step = 0; step < Steps; step++)
                {
                    var verb = history.Step();
                    seen[verb] = seen.GetValueOrDefault(verb) + 1;
                    history.Compare();
                }
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed + i}: {e.Message}", e);
            }
        }

        FaultTable.Held($"shared partition against its oracle, {Steps} steps", Histories, $"{seed}..");
        output.WriteLine($"seed {seed}: {Histories} histories of {Steps} steps; {string.Join(", ", seen.OrderBy(verb => verb.Key))}");
        Assert.Equal(14, seen.Count);
    }

    private sealed class History
    {
        private readonly Random _random;
        private readonly int _maxDeliveries;
        private readonly ShareOracle _oracle;
        private readonly List<(long Offset, long Hold)> _receipts = [];
        private SharePartition _machine = SharePartition.At(0);
        private long _nextHold;

        internal History(Random random)
        {
            _random = random;
            _maxDeliveries = random.Next(1, 4);
            _oracle = new ShareOracle(_maxDeliveries);
        }

        private TimeSpan Now => TimeSpan.FromSeconds(_oracle.Now);

        internal string Step()
        {
            switch (_random.Next(13))
            {
                case 0: return Did("append", () => _oracle.Append(_random.Next(1, 6)));
                case 1 or 2: return Did("acquire", Acquire);
                case 3: return _random.Next(2) == 0 ? Did("stale find", AcquireStale) : Did("acquire over holes", AcquireOverHoles);
                case 4: return Did("pass time", PassTime);
                case 5: return WithReceipt("accept", offset => (_machine.Accept(offset), () => _oracle.Settle(offset, Is.Done)));
                case 6: return WithReceipt("reject", offset => (_machine.Reject(offset), () => _oracle.Settle(offset, Is.Rejected)));
                case 7: return WithReceipt("renew", offset => (_machine.Renew(offset, Until()), () => _oracle.Renew(offset, _oracle.Now + LeaseSeconds)));
                case 8: return WithReceipt("release", Release);
                case 9: return Did("leave", Leave);
                case 10: return Did("undo", Undo);
                case 11: return _random.Next(2) == 0 ? Did("bury", Bury) : Did("trim", Trim);
                default: return Did("restart", Restart);
            }
        }

        internal void Compare()
        {
            Assert.Equal((_oracle.Start, _oracle.End), (_machine.Start, _machine.End));
            for (var offset = 0; offset < _oracle.End; offset++)
            {
                var expected = _oracle.Entries[offset];
                var isKept = _machine.Records.TryGetValue(offset, out var record);
                Assert.Equal(expected.State is not Is.Done and not Is.New, isKept);
                if (!isKept) continue;
                Assert.Equal((Name(expected.State), expected.Count), (record.State, record.DeliveryCount));
                Assert.Equal(expected.State == Is.Held, _machine.Holds(offset, expected.Hold));
            }

            var counts = new ShareCounts();
            foreach (var record in _machine.Records.Values) counts.Add(record.State, 1);
            Assert.Equal(counts, _machine.Counts);
            Assert.All(_machine.Records.Values.Where(record => record.Due != default), record => Assert.True(record.Due >= _machine.NextDue));
        }

        private static ShareRecordState Name(Is state) => state switch
        {
            Is.Available => ShareRecordState.Available,
            Is.Held => ShareRecordState.Acquired,
            Is.Delayed => ShareRecordState.Delayed,
            Is.Rejected => ShareRecordState.Rejected,
            _ => ShareRecordState.Exhausted,
        };

        private static string Did(string verb, Action act)
        {
            act();
            return verb;
        }

        // Receipts of earlier deliveries come too, as they do in life.
        private string WithReceipt(string verb, Func<long, (SharePartition Next, Action Settle)> act)
        {
            if (_receipts.Count == 0) return Did("append", () => _oracle.Append(1));
            var (offset, hold) = _receipts[_random.Next(_receipts.Count)];
            Assert.Equal(_oracle.Holds(offset, hold), _machine.Holds(offset, hold));
            if (!_oracle.Holds(offset, hold)) return verb;
            var (next, settle) = act(offset);
            _machine = next;
            settle();
            return verb;
        }

        private void Acquire()
        {
            var offsets = _oracle.Takeable(_random.Next(1, 5));
            var hold = new ShareHold(++_nextHold, Members[_random.Next(Members.Length)]);
            _machine = _machine.Acquire(new ShareFind(_machine.End, offsets.Append(_machine.End - 1).Max() + 1, offsets, []), hold, Until());
            _oracle.Take(offsets, hold.Id, hold.Member, _oracle.Now + LeaseSeconds);
            _receipts.AddRange(offsets.Select(offset => (offset, hold.Id)));
        }

        // Compaction, rot: what was to be given out again is not there, and among the new offsets some have no record.
        private void AcquireOverHoles()
        {
            var wanted = _oracle.Takeable(6);
            var holes = wanted.Where(_ => _random.Next(3) == 0).ToList();
            var found = wanted.Except(holes).ToList();
            var hold = new ShareHold(++_nextHold, "a");
            var find = new ShareFind(_machine.End, wanted.Append(_machine.End - 1).Max() + 1, found, [.. holes.Where(offset => offset < _machine.End)]);
            _machine = _machine.Acquire(find, hold, Until());
            _oracle.Take(wanted, hold.Id, hold.Member, _oracle.Now + LeaseSeconds);
            foreach (var hole in holes) _oracle.Settle(hole, Is.Done);
            _receipts.AddRange(found.Select(offset => (offset, hold.Id)));
        }

        private void AcquireStale()
        {
            var find = new ShareFind(_machine.End + 1, _machine.End + 2, [_machine.End + 1], []);
            Assert.Same(_machine, _machine.Acquire(find, new ShareHold(++_nextHold, "a"), Until()));
        }

        private void PassTime()
        {
            _oracle.Pass(_random.Next(1, 6));
            _machine = _machine.Expire(Now, _maxDeliveries);
        }

        private (SharePartition Next, Action Settle) Release(long offset)
        {
            var delay = _random.Next(3);
            TimeSpan? availableAt = delay == 0 ? null : Now + TimeSpan.FromSeconds(delay);
            return (_machine.Release(offset, availableAt, _maxDeliveries), () => _oracle.Release(offset, delay));
        }

        private void Leave()
        {
            var member = Members[_random.Next(Members.Length)];
            _machine = _machine.Leave(member, _maxDeliveries);
            _oracle.Leave(member);
        }

        private void Undo()
        {
            var hold = _random.NextInt64(_nextHold + 1);
            _machine = _machine.Undo(hold);
            _oracle.Undo(hold);
        }

        private void Bury()
        {
            foreach (var (offset, record) in _machine.Records.Where(record => record.Value.IsDead).Take(2).ToList())
            {
                _machine = _machine.Bury(offset);
                _oracle.Settle(offset, Is.Done);
            }
        }

        private void Trim()
        {
            var logStart = Math.Min(_oracle.Entries.Count, _machine.Start + _random.Next(3));
            _machine = _machine.Trim(logStart);
            _oracle.Trim(logStart);
        }

        private void Restart()
        {
            var stored = SharePartitionFormat.Write(_machine, due => (long)due.TotalMilliseconds);
            _machine = SharePartitionFormat.Read(stored, Until(), due => TimeSpan.FromMilliseconds(due));
            _oracle.Restart(_oracle.Now + LeaseSeconds);
        }

        private TimeSpan Until() => Now + TimeSpan.FromSeconds(LeaseSeconds);
    }
}
