using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace RestBroker.CrashTests.Groups;

/// <summary>
/// Members of a partitioned group that read and commit a topic of so many records to its end, and what each of them must never see:
/// a record below what was committed, a record of a partition it does not own, a record twice while it owns it, a commit or a fetch under an old lease. Thread-safe.
/// </summary>
internal sealed class GroupRun(GroupCalls calls, int records)
{
    private readonly ConcurrentDictionary<int, long> _committed = [];
    private readonly ConcurrentDictionary<(int Tenure, long Offset), bool> _given = [];
    private readonly ConcurrentDictionary<int, bool> _epochs = [];
    private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _commits;
    private int _fenced;
    private int _rebalances;
    private int _tenures;

    public ConcurrentDictionary<int, bool> Seen { get; } = [];

    public ConcurrentBag<string> Anomalies { get; } = [];

    public int Commits => _commits;

    public int Fenced => _fenced;

    public int Epochs => _epochs.Count;

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

    /// <summary>How often a member left, or came back anew: each time the others share out the partitions once more.</summary>
    public int Rebalances => _rebalances;

    /// <summary>Reads and commits until all records are, and now and then crashes or leaves.</summary>
    public async Task MemberAsync(Random random, string name, int crashOnceIn = int.MaxValue, int leaveOnceIn = int.MaxValue)
    {
        (string? lease, string? cursor) = (null, null);
        (string Lease, string Cursor, int Epoch)? zombie = null;
        var tenures = new Dictionary<int, int>();
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
            _epochs.TryAdd(epoch, true);
            if (lease is null) tenures.Clear();
            Hold(tenures, page["lease"]!["partitions"]!.AsArray());
            foreach (var record in given) Note(record!, tenures, floor);
            (lease, cursor) = ($$"""{"id":"{{page["lease"]!["id"]}}","epoch":{{epoch}}}""", (string)page["cursor"]!);
            if (zombie is { } old && old.Epoch < epoch)
            {
                await CommitAsZombieAsync(old.Lease, old.Cursor);
                zombie = null;
            }

            if (random.Next(4) == 0) continue; // it reads on and commits later
            await CommitAsync(lease, cursor);
            if (random.Next(leaveOnceIn) == 0) await LeaveAsync(name, lease, cursor);
            else if (random.Next(crashOnceIn) == 0) zombie = (lease, cursor, epoch); // and comes back under its name
            else continue;
            (lease, cursor) = (null, null);
            Interlocked.Increment(ref _rebalances);
        }
    }

    // A partition that went to another member and came back begins again at what was committed meanwhile: that is another tenure.
    private void Hold(Dictionary<int, int> tenures, JsonArray topics)
    {
        var owned = topics.SelectMany(topic => topic!["partitions"]!.AsArray()).Select(partition => (int)partition!).ToHashSet();
        foreach (var gone in tenures.Keys.Except(owned).ToList()) tenures.Remove(gone);
        foreach (var partition in owned.Except(tenures.Keys).ToList()) tenures[partition] = Interlocked.Increment(ref _tenures);
    }

    private void Note(JsonNode record, Dictionary<int, int> tenures, Dictionary<int, long> floor)
    {
        var (partition, offset) = ((int)record["partition"]!, (long)record["offset"]!);
        if (offset < floor.GetValueOrDefault(partition)) Anomalies.Add($"{partition}/{offset} was given out below the committed {floor[partition]}");
        if (!tenures.TryGetValue(partition, out var tenure)) Anomalies.Add($"{partition}/{offset} was given to a member that does not own the partition");
        else if (!_given.TryAdd((tenure, offset), true)) Anomalies.Add($"{partition}/{offset} was given out twice in one tenure");
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

    // Whoever left reads nothing more under its old lease either.
    private async Task LeaveAsync(string name, string lease, string cursor)
    {
        if (!await calls.LeaveAsync(name)) return;
        await CommitAsZombieAsync(lease, cursor);
        var page = await calls.PostAsync("fetch", $$"""{"member":"{{name}}","lease":{{lease}},"cursor":"{{cursor}}","limit":1,"wait":0}""");
        if (page?["records"] is not null) Anomalies.Add($"the old lease {lease} read on after {name} had left");
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
