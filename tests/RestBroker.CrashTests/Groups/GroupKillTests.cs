using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Groups;

/// <summary>G1, C1: kill -9 of the broker while members of a partitioned group read and commit, and zombies with old leases try to.</summary>
public sealed class GroupKillTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Partitions = 6;

    [Fact]
    public async Task A_commit_that_was_answered_never_goes_back_and_an_epoch_gives_each_record_once()
    {
        var (seed, kills, records) = (Effort.Seed(), Effort.Of(4, 1_000), Effort.Of(3_000, 200_000));
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var broker = await BrokerProcess.StartNewAsync();
        var calls = new GroupCalls(broker, "g");
        await calls.CreateAsync("t", Partitions, "\"leaseSeconds\":2");
        await calls.ProduceAsync("t", Enumerable.Range(0, records));
        var run = new Run(calls, records);
        var members = Enumerable.Range(0, 4).Select(i => Task.Run(() => run.MemberAsync(new Random(seed + i), $"m{i}"))).ToList();

        for (var kill = 1; kill <= kills; kill++)
        {
            await run.ProgressAsync(kill * records / (kills + 1) - random.Next(records / (kills + 1)));
            await broker.KillAsync();
            await broker.StartAsync();
        }

        await Task.WhenAll(members);
        output.WriteLine($"{kills} kills, {records} records, {run.Commits} commits answered, {run.Fenced} fenced, {run.Epochs} epochs, {run.Reads} reads");
        Assert.Empty(run.Anomalies);
        Assert.True(run.Fenced > 0, "no zombie was fenced");
        Assert.Equal(Enumerable.Range(0, records), run.Seen.Keys.Order());
    }

    private sealed class Run(GroupCalls calls, int records)
    {
        private readonly ConcurrentDictionary<int, long> _committed = [];
        private readonly ConcurrentDictionary<(int Epoch, int Partition, long Offset), bool> _given = [];
        private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _commits;
        private int _fenced;

        public ConcurrentDictionary<int, bool> Seen { get; } = [];

        public ConcurrentBag<string> Anomalies { get; } = [];

        public int Commits => _commits;

        public int Fenced => _fenced;

        public int Epochs => _given.Keys.Select(given => given.Epoch).Distinct().Count();

        public int Reads => _given.Count;

        private long CommittedInAll => _committed.Values.Sum();

        public async Task ProgressAsync(long committed)
        {
            while (CommittedInAll < committed)
            {
                var progress = Volatile.Read(ref _progress).Task;
                if (CommittedInAll < committed) await progress.WaitAsync(TimeSpan.FromSeconds(60));
            }
        }

        public async Task MemberAsync(Random random, string name)
        {
            (string? lease, string? cursor) = (null, null);
            (string Lease, string Cursor, int Epoch)? zombie = null;
            while (CommittedInAll < records)
            {
                var floor = _committed.ToDictionary();
                var page = await calls.PostAsync(
                    "fetch", $$"""{"member":"{{name}}",{{(lease is null ? "" : $"\"lease\":{lease},")}}{{(cursor is null ? "" : $"\"cursor\":\"{cursor}\",")}}"limit":50,"wait":0.3}""");
                if (page?["records"] is not JsonArray given)
                {
                    if (page is not null) (lease, cursor) = (null, null);
                    continue;
                }

                var epoch = (int)page["lease"]!["epoch"]!;
                foreach (var record in given) Note(record!, epoch, floor);
                (lease, cursor) = ($$"""{"id":"{{page["lease"]!["id"]}}","epoch":{{epoch}}}""", (string)page["cursor"]!);
                if (zombie is { } old && old.Epoch < epoch)
                {
                    await CommitAsZombieAsync(old.Lease, old.Cursor);
                    zombie = null;
                }

                if (random.Next(4) == 0) continue; // it reads on and commits later
                await CommitAsync(lease, cursor);
                if (random.Next(Effort.Of(4, 30)) != 0) continue;
                zombie = (lease, cursor, epoch);
                (lease, cursor) = (null, null); // it crashed, and comes back under its name
            }
        }

        private void Note(JsonNode record, int epoch, Dictionary<int, long> floor)
        {
            var (partition, offset) = ((int)record["partition"]!, (long)record["offset"]!);
            if (offset < floor.GetValueOrDefault(partition)) Anomalies.Add($"{partition}/{offset} was given out below the committed {floor[partition]}");
            if (!_given.TryAdd((epoch, partition, offset), true)) Anomalies.Add($"{partition}/{offset} was given out twice in epoch {epoch}");
            Seen[int.Parse((string)record["text"]!)] = true;
        }

        private Task<JsonNode?> PostCommitAsync(string lease, string cursor) =>
            calls.PostAsync("commit", $$"""{"lease":{{lease}},"cursor":"{{cursor}}"}""");

        // What a member had before it came back anew commits nothing more, before and after the broker's death.
        private async Task CommitAsZombieAsync(string lease, string cursor)
        {
            var answer = await PostCommitAsync(lease, cursor);
            if (answer?["offsets"] is not null) Anomalies.Add($"the old lease {lease} committed {cursor}");
            if ((string?)answer?["code"] == "lease-fenced") Interlocked.Increment(ref _fenced);
        }

        private async Task CommitAsync(string lease, string cursor)
        {
            if ((await PostCommitAsync(lease, cursor))?["offsets"] is not JsonArray stored) return;
            Interlocked.Increment(ref _commits);
            foreach (var offset in stored)
                _committed.AddOrUpdate((int)offset!["partition"]!, (long)offset["nextOffset"]!, (_, before) => Math.Max(before, (long)offset["nextOffset"]!));
            Interlocked.Exchange(ref _progress, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }
}
