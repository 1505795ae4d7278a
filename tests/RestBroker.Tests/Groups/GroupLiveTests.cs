using System.Collections.Concurrent;
using System.Diagnostics;
using RestBroker.Tests.Server;
using Xunit.Abstractions;

namespace RestBroker.Tests.Groups;

/// <summary>Members that share a topic over HTTP on the real clock.</summary>
public class GroupLiveTests(ITestOutputHelper output)
{
    private const int PartitionCount = 6;
    private const int RecordCount = 600;

    [Fact]
    public async Task Three_members_share_a_topic_and_see_every_record_once_in_order()
    {
        await using var broker = await StartAsync(leaseSeconds: 20);
        var seen = new ConcurrentQueue<(int Partition, long Offset)>();
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        var members = new[] { "a", "b", "c" }.Select(name => WorkAsync(new GroupClient(broker, "g", name), seen, end.Token)).ToList();
        await ProduceAsync(broker, RecordCount);
        await UntilCaughtUpAsync(broker);
        await end.CancelAsync();
        await Task.WhenAll(members);

        Assert.Equal(RecordCount, seen.Count);
        foreach (var partition in seen.GroupBy(record => record.Partition))
            Assert.Equal(Enumerable.Range(0, partition.Count()).Select(offset => (long)offset), partition.Select(record => record.Offset));
    }

    [Fact]
    public async Task What_a_member_that_disappears_had_not_committed_goes_to_the_others_and_its_old_lease_is_fenced()
    {
        await using var broker = await StartAsync(leaseSeconds: 3);
        await ProduceAsync(broker, RecordCount);
        var (lost, other) = (new GroupClient(broker, "g", "lost"), new GroupClient(broker, "g", "other"));
        await lost.FetchAsync();
        await other.FetchAsync();
        await lost.FetchAsync(limit: 10_000);
        var held = lost.Partitions;
        Assert.Equal(PartitionCount / 2, held.Count);

        var clock = Stopwatch.StartNew();
        while (other.Partitions.Count < PartitionCount)
        {
            Assert.Equal(200, (await other.FetchAsync(limit: 10_000, wait: 5)).Status);
            await other.CommitAsync();
        }

        output.WriteLine($"taken over after {clock.ElapsedMilliseconds} ms with a lease of 3 s");
        Assert.InRange(clock.ElapsedMilliseconds, 0, 20_000);
        var refused = await lost.CommitAsync();
        Assert.Equal((409, "lease-fenced"), (refused.Status, refused.Code));
        lost.Lease = null;
        await lost.FetchAsync();
        Assert.Equal(200, (await lost.CommitAsync((string)refused.Json["cursor"]!)).Status);
    }

    [Fact]
    public async Task A_second_process_under_a_name_takes_its_partitions_and_the_first_notices()
    {
        await using var broker = await StartAsync(leaseSeconds: 30);
        await ProduceAsync(broker, RecordCount);
        var first = new GroupClient(broker, "g", "a");
        await first.FetchAsync(limit: 10);
        var second = new GroupClient(broker, "g", "a");
        await second.FetchAsync(limit: 10);

        Assert.Equal(first.Partitions, second.Partitions);
        var refused = await first.CommitAsync();
        Assert.Equal((409, "lease-fenced", first.Cursor), (refused.Status, refused.Code, (string)refused.Json["cursor"]!));
        Assert.Equal(409, (await first.FetchAsync()).Status);
        Assert.Equal(200, (await second.CommitAsync((string)refused.Json["cursor"]!)).Status);
    }

    [Fact]
    public async Task A_parked_member_hears_of_a_newcomer_at_once_and_the_newcomer_of_its_partitions()
    {
        await using var broker = await StartAsync(leaseSeconds: 60);
        var (a, b) = (new GroupClient(broker, "g", "a"), new GroupClient(broker, "g", "b"));
        await a.FetchAsync();
        var parked = a.FetchAsync(wait: 30);
        var clock = Stopwatch.StartNew();

        var joined = b.FetchAsync(wait: 30);
        await parked;
        output.WriteLine($"told after {clock.ElapsedMilliseconds} ms");
        Assert.InRange(clock.ElapsedMilliseconds, 0, 10_000);
        Assert.Equal(3, a.Partitions.Count);
        await broker.PostAsync("/v1/topics/t/records", $$"""{"records":[{"partition":{{Enumerable.Range(0, 6).Except(a.Partitions).First()}},"text":"1"}]}""");

        Assert.Equal("1", GroupClient.Texts((await joined).Json));
        Assert.InRange(clock.ElapsedMilliseconds, 0, 20_000);
    }

    [Fact]
    public async Task A_wait_longer_than_the_lease_keeps_the_lease()
    {
        await using var broker = await StartAsync(leaseSeconds: 6);
        var (a, b) = (new GroupClient(broker, "g", "a"), new GroupClient(broker, "g", "b"));
        await a.FetchAsync();
        var lease = a.Lease;

        var waited = await a.FetchAsync(wait: 7);
        await b.FetchAsync();

        Assert.Empty(GroupClient.Records(waited));
        Assert.Equal(lease, a.Lease);
        Assert.Equal(200, (await a.CommitAsync()).Status);
        Assert.Empty(b.Partitions);
    }

    [Fact]
    public async Task Offsets_of_a_topic_that_was_created_again_skip_none_of_its_records()
    {
        await using var broker = await StartAsync(leaseSeconds: 30);
        await ProduceAsync(broker, PartitionCount * 2);
        var member = new GroupClient(broker, "g", "a");
        await member.FetchAsync();
        await broker.SendAsync(HttpMethod.Delete, "/v1/topics/t");
        await broker.PutAsync("/v1/topics/t", $$"""{"partitionCount":{{PartitionCount}}}""");
        await ProduceAsync(broker, PartitionCount * 3);

        var refused = await broker.PostAsync(
            "/v1/groups/g/commit", $$"""{"lease":{{member.Lease}},"offsets":[{"topic":"t","partition":0,"nextOffset":2}]}""");
        await member.FetchAsync();
        var fetched = await member.FetchAsync();

        Assert.Equal((409, "topic-recreated"), (refused.Status, refused.Code));
        Assert.Equal(PartitionCount * 3, GroupClient.Records(fetched).Count());
    }

    [Fact]
    public async Task A_member_whose_topic_goes_while_it_waits_is_not_refused()
    {
        await using var broker = await StartAsync(leaseSeconds: 30);
        var member = new GroupClient(broker, "g", "a");
        await member.FetchAsync();
        var waiting = member.FetchAsync(wait: 2);

        Assert.Equal(204, (await broker.SendAsync(HttpMethod.Delete, "/v1/topics/t")).Status);

        Assert.Equal(200, (await waiting).Status);
        Assert.Empty(member.Partitions);
    }

    [Fact]
    public async Task A_restart_of_the_broker_keeps_leases_offsets_and_names()
    {
        using var directory = new TempDirectory();
        string?[] leases;
        await using (var broker = await StartAsync(leaseSeconds: 60, directory.Path))
        {
            await ProduceAsync(broker, RecordCount);
            GroupClient[] members = [new(broker, "g", "a"), new(broker, "g", "b")];
            for (var round = 0; round < 2; round++)
            {
                foreach (var member in members)
                {
                    await member.FetchAsync(limit: 20);
                    Assert.Equal(200, (await member.CommitAsync()).Status);
                }
            }

            leases = [.. members.Select(member => member.Lease)];
        }

        await using (var broker = TestBroker.Start(dataDirectory: directory.Path))
        {
            var seen = new List<(int Partition, long Offset)>();
            var lag = (long)(await broker.GetAsync("/v1/groups/g/lag")).Json["lag"]!;
            Assert.InRange(lag, 1, RecordCount - 1);
            GroupClient[] members = [new(broker, "g", "a") { Lease = leases[0] }, new(broker, "g", "b") { Lease = leases[1] }];
            foreach (var member in members)
            {
                var answer = await member.FetchAsync(limit: 10_000);
                Assert.Equal(200, answer.Status);
                Assert.Equal(3, member.Partitions.Count);
                seen.AddRange(GroupClient.Records(answer));
                Assert.Equal(200, (await member.CommitAsync()).Status);
            }

            Assert.Equal(lag, seen.Distinct().Count());
            Assert.Equal(0, (long)(await broker.GetAsync("/v1/groups/g/lag")).Json["lag"]!);
        }
    }

    [Fact]
    public async Task Fifty_members_that_join_at_once_come_to_rest_and_share_evenly()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/t", """{"partitionCount":100}""");
        await broker.PutAsync("/v1/groups/g", """{"topics":["t"],"leaseSeconds":30}""");
        var members = Enumerable.Range(0, 50).Select(i => new GroupClient(broker, "g", $"m{i}")).ToList();
        var clock = Stopwatch.StartNew();

        await Task.WhenAll(members.Select(async member =>
        {
            while (clock.Elapsed < TimeSpan.FromSeconds(60) && (await StateAsync(broker) != "stable" || member.Partitions.Count != 2))
                Assert.Equal(200, (await member.FetchAsync(wait: 0.5)).Status);
        }));

        output.WriteLine($"at rest after {clock.ElapsedMilliseconds} ms");
        Assert.All(members, member => Assert.Equal(2, member.Partitions.Count));
        Assert.Equal(100, members.SelectMany(member => member.Partitions).Distinct().Count());
    }

    private static async Task WorkAsync(GroupClient member, ConcurrentQueue<(int Partition, long Offset)> seen, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var answer = await member.FetchAsync(limit: 20, wait: 0.3);
            Assert.Equal(200, answer.Status);
            foreach (var record in GroupClient.Records(answer)) seen.Enqueue(record);
            Assert.Equal(200, (await member.CommitAsync()).Status);
        }
    }

    private static async Task<string> StateAsync(TestBroker broker)
    {
        var group = (await broker.GetAsync("/v1/groups/g")).Json;
        return group["members"]!.AsArray().Count == 50 ? (string)group["state"]! : "joining";
    }

    private static Task UntilCaughtUpAsync(TestBroker broker) =>
        Eventually.IsTrueAsync(async () => (long)(await broker.GetAsync("/v1/groups/g/lag")).Json["lag"]! == 0);

    private static async Task<TestBroker> StartAsync(int leaseSeconds, string? directory = null)
    {
        var broker = TestBroker.Start(dataDirectory: directory);
        await broker.PutAsync("/v1/topics/t", $$"""{"partitionCount":{{PartitionCount}}}""");
        await broker.PutAsync("/v1/groups/g", $$"""{"topics":["t"],"leaseSeconds":{{leaseSeconds}}}""");
        return broker;
    }

    private static async Task ProduceAsync(TestBroker broker, int count)
    {
        foreach (var chunk in Enumerable.Range(0, count).Chunk(60))
        {
            var records = chunk.Select(i => $$"""{"partition":{{i % PartitionCount}},"text":"{{i}}"}""");
            Assert.Equal(200, (await broker.PostAsync("/v1/topics/t/records", $$"""{"records":[{{string.Join(',', records)}}]}""")).Status);
        }
    }
}
