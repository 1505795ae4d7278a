namespace RestBroker.Tests.Server;

/// <summary>O2 of the guarantees: a reader never goes back and never skips, wherever its connection is cut.</summary>
public sealed class EventsCutTests
{
    private const int Partitions = 3;
    private const int RecordsPerPartition = 150;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_stream_that_is_cut_anywhere_loses_and_repeats_nothing(int seed)
    {
        var random = new Random(seed);
        var directory = Directory.CreateTempSubdirectory("restbroker-").FullName;
        var seen = new List<(int Partition, string Text)>();
        string? lastEventId = null;
        var cuts = 0;

        // The broker is restarted twice; each writes a third of the records while they are read.
        for (var life = 0; life < 3; life++)
        {
            await using var broker = TestBroker.Start(dataDirectory: directory);
            if (life == 0) await broker.CreateAsync("orders", Partitions);
            var (from, to) = (life * RecordsPerPartition / 3, (life + 1) * RecordsPerPartition / 3);
            var writing = WriteAsync(broker, from, to);
            var wanted = (life < 2 ? random.Next(from, to) : to) * Partitions;
            while (seen.Count < wanted)
            {
                await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events?from=earliest", lastEventId);
                events.CutAfter = random.Next(1, 6000);
                while (seen.Count < wanted && await events.NextOrEndAsync() is { } found)
                {
                    Assert.Contains(found.Type, new[] { "message", "heartbeat", "up-to-date" });
                    if (found.Type == "message") seen.Add(((int)found.Json["partition"]!, found.Text));
                }

                lastEventId = events.LastEventId ?? lastEventId;
                cuts++;
            }

            await writing;
        }

        Assert.True(cuts >= 10, $"{cuts} cuts");
        for (var p = 0; p < Partitions; p++)
            Assert.Equal(Enumerable.Range(0, RecordsPerPartition).Select(i => $"{i}"), seen.Where(found => found.Partition == p).Select(found => found.Text));
        Directory.Delete(directory, recursive: true);
    }

    private static async Task WriteAsync(TestBroker broker, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            for (var p = 0; p < Partitions; p++) await broker.ProduceAsync("orders", p, $"{i}");
        }
    }
}
