using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace RestBroker.CrashTests;

/// <summary>kill -9 at random moments while clients write: D1, O1, and the order of one writer.</summary>
public sealed class KillTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Writers = 8;
    private const int Kills = 5;

    [Fact]
    public async Task What_was_acknowledged_is_there_after_kill_9_once_and_in_order()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var broker = await BrokerProcess.StartNewAsync();
        await broker.Client.PutAsJsonAsync("/v1/topics/journal", new { partitionCount = 3 });
        using var end = new CancellationTokenSource();
        var progress = Channel.CreateUnbounded<string>();
        var writers = Enumerable.Range(0, Writers).Select(id => new Writer(broker, id, progress.Writer)).ToList();
        var writing = writers.Select(writer => writer.RunAsync(end.Token)).ToList();

        for (var kill = 0; kill < Kills; kill++)
        {
            for (var left = random.Next(20, 400); left > 0; left--) await progress.Reader.ReadAsync();
            await broker.KillAsync();
            await broker.StartAsync();
        }

        await end.CancelAsync();
        await Task.WhenAll(writing);
        var found = await ReadAllAsync(broker);

        var acknowledged = writers.Sum(writer => writer.Acknowledged.Count);
        output.WriteLine($"{Kills} kills, {acknowledged} acknowledged, {found.Count} found, {writers.Sum(writer => writer.Unknown.Count)} unknown");
        foreach (var writer in writers)
        {
            Assert.All(writer.Acknowledged, entry => Assert.Equal(entry.Value, found[entry.Key]));
            var inOrder = writer.Acknowledged.OrderBy(entry => int.Parse(entry.Key.Split('-')[1], CultureInfo.InvariantCulture)).Select(entry => entry.Value.Offset).ToList();
            Assert.Equal(inOrder.Order(), inOrder);
        }

        Assert.All(found, entry => Assert.True(writers.Any(w => w.Acknowledged.ContainsKey(entry.Key) || w.Unknown.Contains(entry.Key)), entry.Key));
    }

    // Every value once, or the test fails here; offsets of a partition rise by the reader's contract.
    private static async Task<Dictionary<string, (int Partition, long Offset)>> ReadAllAsync(BrokerProcess broker)
    {
        var found = new Dictionary<string, (int, long)>();
        var last = new Dictionary<int, long>();
        var path = "/v1/topics/journal/records?from=earliest&limit=10000";
        while (true)
        {
            var page = JsonNode.Parse(await broker.Client.GetStringAsync(path))!;
            foreach (var record in page["records"]!.AsArray())
            {
                var place = ((int)record!["partition"]!, (long)record["offset"]!);
                Assert.True(place.Item2 > last.GetValueOrDefault(place.Item1, -1), "Offsets go back.");
                last[place.Item1] = place.Item2;
                Assert.True(found.TryAdd((string)record["text"]!, place), $"{record["text"]} is there twice.");
            }

            if ((bool)page["upToDate"]! && page["records"]!.AsArray().Count == 0) return found;
            path = $"/v1/topics/journal/records?limit=10000&cursor={page["cursor"]}";
        }
    }

    /// <summary>Writes one record after the other under its own key and keeps a journal of the answers.</summary>
    private sealed class Writer(BrokerProcess broker, int id, ChannelWriter<string> progress)
    {
        public System.Collections.Concurrent.ConcurrentDictionary<string, (int Partition, long Offset)> Acknowledged { get; } = new();

        public HashSet<string> Unknown { get; } = [];

        public async Task RunAsync(CancellationToken end)
        {
            using var client = new HttpClient { BaseAddress = broker.Address };
            for (var i = 0; !end.IsCancellationRequested; i++)
            {
                var value = $"{id}-{i}";
                try
                {
                    var answer = await client.PostAsJsonAsync(
                        "/v1/topics/journal/records", new { records = new[] { new { key = $"writer-{id}", text = value } } }, CancellationToken.None);
                    if (!answer.IsSuccessStatusCode)
                    {
                        Unknown.Add(value);
                        continue;
                    }

                    var receipt = JsonNode.Parse(await answer.Content.ReadAsStringAsync(CancellationToken.None))!["results"]![0]!;
                    Acknowledged[value] = ((int)receipt["partition"]!, (long)receipt["offset"]!);
                    progress.TryWrite(value);
                }
                catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
                {
                    await broker.Up; // refused: it was never sent
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    Unknown.Add(value); // the answer never came: the record may be there or not
                }
            }
        }
    }
}
