using System.Globalization;
using RestBroker.Core.Records;
using RestBroker.CrashTests.History;
using Xunit.Abstractions;

namespace RestBroker.Tests.Storage;

/// <summary>
/// Random histories of a compacted log against <see cref="CompactionModel"/>. With RESTBROKER_FULL=1 there are 50,000 steps of other seeds
/// each time; a failure names the history, which RESTBROKER_SEED makes again.
/// </summary>
public sealed class CompactionModelTests(ITestOutputHelper output)
{
    private const int StepsPerHistory = 250;

    [Fact]
    public async Task Whatever_happens_the_log_holds_what_the_model_holds()
    {
        var histories = Effort.Of(1_000, 50_000) / StepsPerHistory;
        var first = Effort.Seed() & 0xFFFFFF;
        output.WriteLine($"{histories} histories of {StepsPerHistory} steps from seed {first} on");
        var runs = 0;
        for (var seed = first; seed < first + histories; seed++)
        {
            using var history = new History(seed);
            for (var step = 0; step < StepsPerHistory; step++) runs += await history.StepAsync() ? 1 : 0;
            history.Check("the end");
        }

        output.WriteLine(FaultTable.Held("compaction against its model, steps", histories * StepsPerHistory, $"{first}.."));
        Assert.True(runs > histories * 5, $"{runs} compactions are too few to tell anything");
    }

    private sealed class History : IDisposable
    {
        private readonly KeyedLog _log = new();
        private readonly CompactionModel _model = new();
        private readonly Random _random;
        private readonly int _seed;
        private readonly long _deleteRetention;
        private readonly int _keys;

        public History(int seed)
        {
            (_seed, _random) = (seed, new Random(seed));
            _deleteRetention = _random.Next(3) * 100_000;
            _keys = _random.Next(2, 40);
            _log.Set("delete.retention.ms", _deleteRetention.ToString(CultureInfo.InvariantCulture));
            _log.Set("segment.bytes", _random.Next(1024, 6000).ToString(CultureInfo.InvariantCulture));
        }

        public void Dispose() => _log.Dispose();

        /// <summary>Whether the step was a compaction that had something to do.</summary>
        public async Task<bool> StepAsync()
        {
            switch (_random.Next(100))
            {
                case < 70:
                    await AppendAsync();
                    return false;
                case < 75:
                    _log.Roll();
                    return false;
                case < 80:
                    _log.Fixture.Time.Advance(TimeSpan.FromSeconds(_random.Next(100)));
                    return false;
                case < 82:
                    _log.ForgetProducers();
                    return false;
                case < 88:
                    Reopen();
                    Check("a restart");
                    return false;
                default:
                    return Compact();
            }
        }

        public void Check(string after)
        {
            var (expected, found) = (string.Join('\n', _model.Entries), string.Join('\n', _log.Read()));
            Assert.True(expected == found, $"After {after} in history {_seed} the model holds\n{expected}\nand the log\n{found}");
        }

        private async Task AppendAsync()
        {
            var producer = _random.Next(3) > 0 ? -1 : _random.Next(3);
            var records = Enumerable.Range(0, _random.Next(1, 8)).Select(_ =>
                $"key{_random.Next(_keys)}=" + (_random.Next(4) == 0 ? "" : $"{_random.Next(1000)}{new string('x', _random.Next(100))}"));
            _model.Append(await _log.AppendAsync((CompressionType)_random.Next(5), producer, [.. records]));
        }

        private bool Compact()
        {
            if (_random.Next(2) == 0) _log.Roll();
            // Who lives is told by the log: a start that reads a batch again may bring its producer back to life.
            var pinned = _log.Batches().Where(_log.Log.MustKeep).Select(batch => batch.BaseOffset).ToHashSet();
            if (_log.Compact() is not { } result) return false;
            _model.Compact(pinned, result.End, _log.Fixture.Time.GetUtcNow().ToUnixTimeMilliseconds(), _deleteRetention);
            Check("a compaction");
            return true;
        }

        private void Reopen()
        {
            switch (_random.Next(3))
            {
                case 0:
                    _log.Restart();
                    break;
                case 1:
                    _log.Crash(isPowerCut: false);
                    break;
                default:
                    _log.Crash(isPowerCut: true);
                    break;
            }
        }
    }
}
