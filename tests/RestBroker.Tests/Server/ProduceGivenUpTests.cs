using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;

namespace RestBroker.Tests.Server;

/// <summary>What a request works with serves another as soon as it is over: also where its client did not wait for the answer.</summary>
public sealed class ProduceGivenUpTests
{
    private const int Requests = 800;
    private const int AtOnce = 64;

    [Theory]
    [InlineData("/v1/topics/orders/records", 1)]
    [InlineData("/v1/topics/orders/records", 3)]
    [InlineData("/v1/topics/orders/raw", 1)]
    public async Task Requests_that_are_given_up_leave_the_records_of_others_whole(string path, int partitions)
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", $$"""{"partitionCount":{{partitions}}}""");
        var acknowledged = new ConcurrentDictionary<string, (int Partition, long Offset)>();

        await Parallel.ForEachAsync(Enumerable.Range(0, Requests), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
        {
            using var patience = new CancellationTokenSource();
            if (i % 2 == 0) patience.CancelAfter(TimeSpan.FromMilliseconds(i % 7));
            if (await TrySendAsync(broker, path, i, patience.Token) is { } place) acknowledged[$"key-{i}"] = place;
        });

        Assert.True(acknowledged.Count >= Requests / 2);
        var stored = await ReadAsync(broker, partitions);
        Assert.All(stored.Values, record => Assert.Equal(ValueOf(record.Key), record.Value));
        Assert.All(acknowledged, one => Assert.Equal(one.Key, stored[one.Value].Key));
    }

    private static async Task<(int Partition, long Offset)?> TrySendAsync(TestBroker broker, string path, int i, CancellationToken cancellationToken)
    {
        var key = $"key-{i}";
        var isRaw = path.EndsWith("/raw", StringComparison.Ordinal);
        // Two records are for two partitions, where there are as many.
        var body = isRaw ? $"\"{ValueOf(key)}\"" : $$"""{"records":[{"key":"{{key}}","value":"{{ValueOf(key)}}"},{"key":"{{key}}+","value":"{{ValueOf(key + "+")}}"}]}""";
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        try
        {
            using var answer = await broker.Client.PostAsync(isRaw ? $"{path}?key={key}" : path, content, cancellationToken);
            var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))!;
            var receipt = isRaw ? json : json["results"]![0]!;
            return ((int)receipt["partition"]!, (long)receipt["offset"]!);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task<Dictionary<(int Partition, long Offset), (string Key, string Value)>> ReadAsync(TestBroker broker, int partitions)
    {
        var stored = new Dictionary<(int, long), (string, string)>();
        for (var partition = 0; partition < partitions; partition++)
        {
            var page = await broker.GetAsync($"/v1/topics/orders/partitions/{partition}/records?offset=0&limit=10000&maxBytes=10000000");
            foreach (var record in page.Json["records"]!.AsArray())
                stored[(partition, (long)record!["offset"]!)] = ((string)record["key"]!, (string)record["value"]!);
        }

        return stored;
    }

    // Of many sizes, so that one record's bytes in another's memory are seen.
    private static string ValueOf(string key) => string.Concat(Enumerable.Repeat(key, 1 + (key.Sum(letter => letter) % 97)));
}
