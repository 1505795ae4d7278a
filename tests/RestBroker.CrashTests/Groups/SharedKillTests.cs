using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Groups;

/// <summary>kill -9 of the broker while workers of a shared group fetch and acknowledge.</summary>
public sealed class SharedKillTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Workers = 8;

    [Fact]
    public async Task What_was_accepted_never_comes_back_and_no_record_and_no_count_is_lost()
    {
        var (seed, kills, records) = (Effort.Seed(), Effort.Of(4, 200), Effort.Of(1_500, 50_000));
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var broker = await BrokerProcess.StartNewAsync();
        var calls = new GroupCalls(broker, "g");
        await calls.CreateAsync("t", 3, """ "mode":"shared","leaseSeconds":2,"maxDeliveries":20,"deadLetterTopic":"dead" """, "dead");
        await calls.ProduceAsync("t", Enumerable.Range(0, records));
        var run = new Run(calls);
        var workers = Enumerable.Range(0, Workers).Select(i => Task.Run(() => run.WorkAsync(new Random(seed + i), $"w{i}"))).ToList();

        // One in twenty-five is rejected and never accepted: the last kill comes while there is still work for all.
        var step = records * 9 / 10 / (kills + 1);
        for (var kill = 1; kill <= kills; kill++)
        {
            await run.AcceptedAsync((kill * step) + random.Next((step / 2) + 1));
            await broker.KillAsync();
            await broker.StartAsync();
        }

        await Task.WhenAll(workers);
        var dead = await DeadAsync(broker);
        var known = run.Accepted.Keys.ToHashSet();
        output.WriteLine($"{kills} kills, {records} records, {known.Count} accepted, {run.Unknown.Count} without an answer, {dead.Distinct().Count()} dead ({dead.Count - dead.Distinct().Count()} twice), {run.Deliveries} deliveries");
        Assert.Empty(run.CameBack);
        Assert.Empty(run.CountedTwice);
        Assert.True(!known.Overlaps(dead), $"accepted and dead: {string.Join(", ", known.Intersect(dead))}");
        Assert.Equal(Enumerable.Range(0, records), known.Concat(run.Unknown.Keys).Concat(dead).Distinct().Order());
        FaultTable.Held("shared groups: kill -9 while workers acknowledge", kills, $"{seed}");
    }

    private static async Task<List<int>> DeadAsync(BrokerProcess broker)
    {
        var page = JsonNode.Parse(await broker.Client.GetStringAsync(new Uri("v1/topics/dead/records?limit=10000&maxBytes=16000000", UriKind.Relative)))!;
        return [.. page["records"]!.AsArray().Select(record => int.Parse((string)record!["text"]!))];
    }

    private sealed class Run(GroupCalls calls)
    {
        private readonly ConcurrentDictionary<(int Number, int Count), bool> _counts = [];
        private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _clock;

        /// <summary>By number: when the answer came.</summary>
        public ConcurrentDictionary<int, long> Accepted { get; } = [];

        public ConcurrentDictionary<int, bool> Unknown { get; } = [];

        public ConcurrentBag<int> CameBack { get; } = [];

        public ConcurrentBag<(int Number, int Count)> CountedTwice { get; } = [];

        public int Deliveries => _counts.Count;

        public async Task AcceptedAsync(int count)
        {
            while (Accepted.Count < count && Accepted.Count + Unknown.Count < count + 100)
            {
                var progress = Volatile.Read(ref _progress).Task;
                if (Accepted.Count >= count) return;
                await progress.WaitAsync(TimeSpan.FromSeconds(60));
            }
        }

        public async Task WorkAsync(Random random, string member)
        {
            while (await calls.LagAsync() != 0)
            {
                var began = Interlocked.Increment(ref _clock);
                var page = await calls.PostAsync("fetch", $$"""{"member":"{{member}}","limit":{{random.Next(1, 15)}},"wait":0.5}""");
                if (page?["records"] is not JsonArray given) continue;
                foreach (var record in given) Note(record!, began);
                if (given.Count > 0) await AckAsync(random, given);
            }
        }

        private void Note(JsonNode record, long began)
        {
            var (number, count) = (int.Parse((string)record["text"]!), (int)record["deliveryCount"]!);
            if (Accepted.TryGetValue(number, out var accepted) && accepted < began) CameBack.Add(number);
            if (!_counts.TryAdd((number, count), true)) CountedTwice.Add((number, count));
        }

        private async Task AckAsync(Random random, JsonArray given)
        {
            var acks = given.Select(record => new
            {
                number = int.Parse((string)record!["text"]!),
                receipt = (string)record["receipt"]!,
                outcome = random.Next(25) switch { 0 => "reject", 1 => "release", _ => "accept" },
            }).ToList();
            var answer = await calls.PostAsync("ack", JsonSerializer.Serialize(new { acks = acks.Select(ack => new { ack.receipt, ack.outcome }) }));
            for (var i = 0; i < acks.Count; i++)
            {
                if (acks[i].outcome != "accept") continue;
                if (answer?["results"] is not JsonArray results) Unknown[acks[i].number] = true;
                else if ((string?)results[i]!["outcome"] == "accept") Accepted[acks[i].number] = Interlocked.Increment(ref _clock);
            }

            Interlocked.Exchange(ref _progress, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }
}
