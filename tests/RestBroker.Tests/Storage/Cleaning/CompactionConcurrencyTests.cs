namespace RestBroker.Tests.Storage;

public sealed class CompactionConcurrencyTests : IDisposable
{
    private const int Batches = 600, Compactions = 4;

    private readonly KeyedLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Appends_and_reads_go_on_while_the_log_is_compacted()
    {
        var (written, runs) = (new Dictionary<string, long>(), 0);
        var writer = Task.Run(async () =>
        {
            // However slow the cleaner's turn comes on a busy machine: the appends end after the last compaction, not before it.
            for (var i = 0; i < Batches || Volatile.Read(ref runs) < Compactions; i++)
            {
                foreach (var entry in await _log.AppendAsync($"k{i % 37}={i}", $"l{i % 101}={i}")) written[entry.Key!] = entry.Offset;
            }
        });

        var readers = Enumerable.Range(0, 2).Select(reader => Task.Run(() => Tail(writer, maxBytes: reader == 0 ? 100 : 5_000))).ToList();
        while (!writer.IsCompleted)
        {
            if (_log.Compact() is not null) Interlocked.Increment(ref runs);
        }

        await writer;
        var seen = await Task.WhenAll(readers).WaitAsync(TimeSpan.FromMinutes(1));

        foreach (var last in seen) Assert.Equal(written.OrderBy(entry => entry.Key), last.OrderBy(entry => entry.Key));
        Assert.Equal(written.OrderBy(entry => entry.Key), LastOf(_log.Read()).OrderBy(entry => entry.Key));
        Assert.True(_log.Log.IsHealthy);
    }

    private Dictionary<string, long> Tail(Task writer, int maxBytes)
    {
        var last = new Dictionary<string, long>();
        for (long next = 0; !writer.IsCompleted || next < _log.Log.HighWatermark.Value;)
        {
            var before = next;
            foreach (var entry in _log.Read(next, maxBytes))
            {
                Assert.True(entry.Offset >= next, "a reader went back");
                last[entry.Key!] = entry.Offset;
                next = entry.Offset + 1;
            }

            if (next == before) Thread.Yield();
        }

        return last;
    }

    private static Dictionary<string, long> LastOf(IEnumerable<Entry> entries) =>
        entries.GroupBy(entry => entry.Key!).ToDictionary(versions => versions.Key, versions => versions.Last().Offset);
}
