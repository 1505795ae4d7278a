using System.Globalization;
using RestBroker.Storage.Log;
using RestBroker.Storage.Producers;
using RestBroker.Storage.Recovery;

namespace RestBroker.Tests.Storage.Producers;

/// <summary>
/// Random sends, repeats, gaps, old epochs, restarts, damaged snapshots and retention, held against a model that is a list of what was
/// stored. A seed that fails is shown and does the same again.
/// </summary>
public sealed class ProducerModelTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Runs = 60;
    private const int Steps = 120;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_batch_of_every_producer_is_stored_once_and_answered_as_the_model_says(bool withRetention)
    {
        var firstSeed = Random.Shared.Next(1_000_000);
        var counts = new Counts();
        for (var seed = firstSeed; seed < firstSeed + Runs; seed++)
        {
            using var run = new Run(seed, withRetention, counts);
            for (var step = 0; step < Steps; step++) run.Step();
            run.End();
        }

        output.WriteLine($"seeds {firstSeed}..{firstSeed + Runs - 1}: {counts.Appended} appended, {counts.Repeated} repeated, {counts.Refused} refused, {counts.Restarts} restarts, {counts.Damaged} snapshots damaged, {counts.Trimmed} segments trimmed");
        Assert.True(counts is { Appended: > 500, Repeated: > 500, Refused: > 500, Restarts: > 100 }, "The run has tried too little to prove anything.");
        Assert.True(withRetention ? counts.Trimmed > 100 : counts.Damaged > 100, "The run has tried too little to prove anything.");
    }

    private sealed class Counts
    {
        public int Appended { get; set; }

        public int Repeated { get; set; }

        public int Refused { get; set; }

        public int Restarts { get; set; }

        public int Damaged { get; set; }

        public int Trimmed { get; set; }
    }

    private sealed record Sent(int Epoch, int Sequence, int Count, long Offset);

    private sealed class Run : IDisposable
    {
        private readonly LogFixture _fixture = new();
        private readonly Random _random;
        private readonly bool _withRetention;
        private readonly Counts _counts;
        private readonly int _seed;
        private readonly Dictionary<long, List<Sent>> _model = [];
        private readonly List<string> _stored = [];
        private PartitionLog _log;

        public Run(int seed, bool withRetention, Counts counts)
        {
            (_seed, _withRetention, _counts, _random) = (seed, withRetention, counts, new Random(seed));
            _fixture.Configs["durability"] = "async"; // no test of the disk: whatever was written is there after a crash of the process
            _fixture.Configs["segment.bytes"] = "1024";
            _log = _fixture.Open();
        }

        public void Dispose() => _fixture.Dispose();

        public void Step()
        {
            switch (_random.Next(20))
            {
                case 0: Restart(); break;
                case 1: _log.Commits.Flush(); break;
                case 2 when _withRetention:
                    _log.DeleteRecords(_random.NextInt64(_log.LogStartOffset, _log.HighWatermark.Value + 1));
                    _log.Commits.Flush();
                    _counts.Trimmed += _log.Clean();
                    break;
                default: Send(); break;
            }
        }

        // What can still be read is what the model stored, each once.
        public void End()
        {
            Restart();
            Assert.Equal(_stored.Skip((int)_log.LogStartOffset), LogFixture.Read(_log, _log.LogStartOffset).Select(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
        }

        private void Send()
        {
            var id = _random.Next(4);
            if (!_model.TryGetValue(id, out var sent)) _model[id] = sent = [];
            var epoch = sent.Count == 0 ? 0 : sent[^1].Epoch;
            var current = sent.Where(batch => batch.Epoch == epoch).ToList();
            var next = current.Count == 0 ? 0 : current[^1].Sequence + current[^1].Count;
            var (e, sequence, count) = _random.Next(10) switch
            {
                0 => (epoch + 1, 0, 1 + _random.Next(3)),
                1 => (epoch - _random.Next(2), _random.Next(next + 1), 1 + _random.Next(3)),
                2 => (epoch, next + 1 + _random.Next(3), 1),
                3 or 4 or 5 when current.Count > 0 => Again(current[_random.Next(Math.Max(0, current.Count - 7), current.Count)]),
                _ => (epoch, next, 1 + _random.Next(3)),
            };
            if (e < 0) return;

            var expected = Expect(sent, epoch, (e, sequence, count), next);
            var outcome = _log.Outcome(id, e, sequence, count, padding: 40);

            Assert.True(expected == outcome, $"seed {_seed}: producer {id}, epoch {e}, sequence {sequence}, {count} records: {outcome}, and the model says {expected}");
            Count(outcome);
            if (!long.TryParse(outcome, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)) return;
            sent.Add(new Sent(e, sequence, count, offset));
            for (var i = 0; i < count; i++) _stored.Add($"{id}/{e}/{sequence}+{i}{new string('.', 40)}");
        }

        private string Expect(List<Sent> sent, int epoch, (int Epoch, int Sequence, int Count) batch, int next)
        {
            if (batch.Epoch < epoch) return "ProducerFenced";
            if (batch.Epoch > epoch) return $"{_stored.Count}";
            var known = sent.Where(old => old.Epoch == epoch).TakeLast(5).FirstOrDefault(old => old.Sequence == batch.Sequence && old.Count == batch.Count);
            if (known is not null) return $"{known.Offset} again";
            if (batch.Sequence == next) return $"{_stored.Count}";
            return batch.Sequence < next ? $"DuplicateSequence {next}" : $"OutOfOrderSequence {next}";
        }

        private static (int Epoch, int Sequence, int Count) Again(Sent old) => (old.Epoch, old.Sequence, old.Count);

        private void Count(string outcome)
        {
            if (outcome.EndsWith("again", StringComparison.Ordinal)) _counts.Repeated++;
            else if (char.IsAsciiDigit(outcome[0])) _counts.Appended++;
            else _counts.Refused++;
        }

        private void Restart()
        {
            _counts.Restarts++;
            var isClean = _random.Next(3) == 0;
            if (isClean) Assert.True(_log.CloseCleanly());
            // Where the log was trimmed a snapshot is all there is of what was trimmed.
            if (!_withRetention && _random.Next(2) == 0) DamageSnapshots();
            _log = _fixture.Open(isClean ? StartKind.Clean : StartKind.Unclean);
        }

        private void DamageSnapshots()
        {
            foreach (var path in Directory.GetFiles(_fixture.LogDirectory, $"*{SnapshotFiles.Suffix}"))
            {
                if (_random.Next(2) == 0) continue;
                var bytes = File.ReadAllBytes(path);
                if (bytes.Length == 0) continue; // damaged before
                bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
                File.WriteAllBytes(path, _random.Next(3) == 0 ? bytes[.._random.Next(bytes.Length)] : bytes);
                _counts.Damaged++;
            }
        }
    }
}
