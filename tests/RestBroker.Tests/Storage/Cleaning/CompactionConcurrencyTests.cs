namespace RestBroker.Tests.Storage;

public sealed class CompactionConcurrencyTests : IDisposable
{
    private const int Batches = 600;

    private readonly KeyedLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Appends_and_reads_go_on_while_the_log_is_compacted()
    {
        var written = new Dictionary<string, long>();
        var writer = Task.Run(async () =>
        {
            for (var i = 0; i < Batches; i++)
            {
                foreach (var entry in await _log.AppendAsync($"k{i % 37}={i}", $"l{i % 101}={i}")) written[entry.Key!] = entry.Offset;
            }
        });

        var readers = Enumerable.Range(0, 2).Select(reader => Task.Run(() => Tail(maxBytes: reader == 0 ? 100 : 5_000))).ToList();
        var runs = 0;
        while (!writer.IsCompleted) runs += _log.Compact() is null ? 0 : 1;
        await writer;
        var seen = await Task.WhenAll(readers).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.True(runs > 3, $"{runs} compactions");
        foreach (var last in seen) Assert.Equal(written.OrderBy(entry => entry.Key), last.OrderBy(entry => entry.Key));
        Assert.Equal(written.OrderBy(entry => entry.Key), LastOf(_log.Read()).OrderBy(entry => entry.Key));
        Assert.True(_log.Log.IsHealthy);
    }

    private Dictionary<string, long> Tail(int maxBytes)
    {
        var last = new Dictionary<string, long>();
        for (long next = 0; next < Batches * 2;)
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
