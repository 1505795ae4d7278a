using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using RestBroker.Core.Topics;
using static RestBroker.Tests.Groups.GroupBench;

namespace RestBroker.Tests.Groups;

public class GroupCoordinatorTests
{
    [Fact]
    public async Task A_member_that_joins_alone_reads_everything_from_the_start()
    {
        var bench = await StartAsync();

        var session = await bench.FetchAsync("a");

        Assert.Equal([0, 1, 2], Partitions(session));
        Assert.All(session.Positions, position => Assert.Equal(0, position.NextOffset));
    }

    [Fact]
    public async Task A_partition_moves_only_after_its_owner_has_fetched_again()
    {
        var bench = await StartAsync(2);
        var a = await bench.FetchAsync("a");

        var b = await bench.FetchAsync("b");
        Assert.Empty(b.Positions);
        Assert.False(b.Changed.IsCancellationRequested);
        Assert.True(a.Changed.IsCancellationRequested);

        a = await bench.FetchAsync("a", a.Lease.Token);
        Assert.True(b.Changed.IsCancellationRequested);
        b = await bench.FetchAsync("b", b.Lease.Token);
        Assert.Equal([0], Partitions(a));
        Assert.Equal([1], Partitions(b));
    }

    [Fact]
    public async Task An_owner_may_commit_what_is_meant_for_another_until_it_fetches()
    {
        var bench = await StartAsync(2);
        await bench.ProduceAsync(1, 5);
        var a = await bench.FetchAsync("a");
        await bench.FetchAsync("b");

        Assert.False((await bench.CommitAsync(a.Lease.Token, (1, 5))).IsFenced);
        await bench.FetchAsync("a", a.Lease.Token);
        var refused = await bench.CommitAsync(a.Lease.Token, (0, 0), (1, 5));

        Assert.True(refused.IsFenced);
        Assert.Equal(0, Assert.Single(refused.Fenced.StillOwned).Partition.Partition);
    }

    [Fact]
    public async Task The_new_owner_goes_on_where_the_old_one_committed()
    {
        var bench = await StartAsync(2);
        await bench.ProduceAsync(1, 5);
        var a = await bench.FetchAsync("a");
        var b = await bench.FetchAsync("b");
        await bench.CommitAsync(a.Lease.Token, (1, 3));
        await bench.FetchAsync("a", a.Lease.Token);

        b = await bench.FetchAsync("b", b.Lease.Token);

        Assert.Equal(3, Position(b, 1));
    }

    [Fact]
    public async Task A_commit_that_is_on_its_way_is_seen_by_the_next_owner()
    {
        var bench = await StartAsync(1);
        await bench.ProduceAsync(0, 5);
        var a = await bench.FetchAsync("a");
        var disk = new TaskCompletionSource();
        bench.Memory.BeforeCommit = () => disk.Task;
        var commit = bench.CommitAsync(a.Lease.Token, (0, 4));
        await bench.Coordinator.LeaveAsync(Group, "a", default);

        var b = await bench.FetchAsync("b");
        Assert.Equal(4, Position(b, 0));
        Assert.False(commit.IsCompleted);

        disk.SetResult();
        Assert.Equal(4, Assert.Single((await commit).Value!).NextOffset);
    }

    [Fact]
    public async Task A_lease_that_ended_is_fenced_and_changes_nothing()
    {
        var bench = await StartAsync(1);
        await bench.ProduceAsync(0, 5);
        var a = await bench.FetchAsync("a");
        bench.Time.Advance(TimeSpan.FromSeconds(30));

        Assert.True((await bench.CommitAsync(a.Lease.Token, (0, 5))).IsFenced);
        Assert.True((await bench.Coordinator.FetchAsync(Group, "a", a.Lease.Token, default)).IsFenced);
        Assert.True(bench.Coordinator.Renew(a).IsFenced);
        Assert.Equal(0, Position(await bench.FetchAsync("b"), 0));
    }

    [Fact]
    public async Task A_fetch_renews_and_a_commit_does_not()
    {
        var bench = await StartAsync(1);
        var a = await bench.FetchAsync("a");
        bench.Time.Advance(TimeSpan.FromSeconds(29));
        await bench.FetchAsync("a", a.Lease.Token);
        bench.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.False((await bench.CommitAsync(a.Lease.Token, (0, 0))).IsFenced);
        bench.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.True((await bench.CommitAsync(a.Lease.Token, (0, 0))).IsFenced);
    }

    [Fact]
    public async Task The_same_name_without_a_lease_keeps_the_partitions_and_fences_the_older_lease()
    {
        var bench = await StartAsync();
        await bench.ProduceAsync(1, 9);
        var first = await bench.FetchAsync("a");
        await bench.FetchAsync("b");
        first = await bench.FetchAsync("a", first.Lease.Token);

        var second = await bench.FetchAsync("a");

        Assert.Equal(first.Lease.Partitions, second.Lease.Partitions);
        Assert.True(second.Lease.Token.Epoch > first.Lease.Token.Epoch);
        var refused = await bench.CommitAsync(first.Lease.Token, (1, 7), (2, 0));
        var stillOwned = Assert.Single(refused.Fenced!.StillOwned);
        Assert.Equal((1, 7), (stillOwned.Partition.Partition, stillOwned.NextOffset));
        Assert.True((await bench.CommitAsync(first.Lease.Token, (1, 7))).IsFenced);
        Assert.False((await bench.CommitAsync(second.Lease.Token, (1, 7))).IsFenced);
    }

    [Fact]
    public async Task A_commit_below_the_committed_offset_changes_nothing_and_answers_what_is_stored()
    {
        var bench = await StartAsync(1);
        await bench.ProduceAsync(0, 9);
        var a = await bench.FetchAsync("a");
        await bench.CommitAsync(a.Lease.Token, (0, 7));

        var answer = await bench.CommitAsync(a.Lease.Token, (0, 3));

        Assert.Equal(7, Assert.Single(answer.Value!).NextOffset);
        Assert.Equal(1, bench.Memory.CommitCount);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public async Task A_commit_outside_the_log_is_refused_and_nothing_of_it_is_stored(long nextOffset)
    {
        var bench = await StartAsync(2);
        await bench.ProduceAsync(0, 3);
        await bench.ProduceAsync(1, 3);
        var a = await bench.FetchAsync("a");

        var refused = await Assert.ThrowsAsync<BrokerException>(() => bench.CommitAsync(a.Lease.Token, (0, 3), (1, nextOffset)));

        Assert.Equal(BrokerError.InvalidRange, refused.Error);
        Assert.Equal(0, Position(await bench.FetchAsync("a", a.Lease.Token), 0));
    }

    [Fact]
    public async Task A_commit_of_the_topic_that_bore_the_name_before_is_refused()
    {
        var bench = await StartAsync(1);
        await bench.ProduceAsync(0, 3);
        var a = await bench.FetchAsync("a");
        await bench.CommitAsync(a.Lease.Token, (0, 3));
        await bench.Engine.DeleteTopicAsync(Topic, default);
        await bench.CreateTopicAsync(Topic, 1);
        await bench.ProduceAsync(0, 5);

        var old = new OffsetCommit(new TopicPartition(Topic, 0), 2, a.Positions[0].TopicId);
        var refused = await Assert.ThrowsAsync<BrokerException>(
            async () => await bench.Coordinator.CommitAsync(Group, a.Lease.Token, [old], default));

        Assert.Equal(BrokerError.TopicRecreated, refused.Error);
        Assert.Equal(0, Position(await bench.FetchAsync("a", a.Lease.Token), 0));
    }

    [Fact]
    public async Task A_commit_that_failed_on_disk_is_written_with_the_next()
    {
        var bench = await StartAsync(2);
        await bench.ProduceAsync(0, 3);
        var a = await bench.FetchAsync("a");
        bench.Memory.BeforeCommit = () => throw new BrokerException(BrokerError.DiskFull, "full");
        await Assert.ThrowsAsync<BrokerException>(() => bench.CommitAsync(a.Lease.Token, (0, 2)));

        bench.Memory.BeforeCommit = () => Task.CompletedTask;
        await bench.CommitAsync(a.Lease.Token, (0, 1));

        Assert.Equal(2, Assert.Single(await bench.Engine.FetchCommittedOffsetsAsync(Group, default)).NextOffset);
    }

    [Fact]
    public async Task Nobody_learns_a_lease_before_it_is_on_disk()
    {
        var bench = await StartAsync(1);
        var disk = new TaskCompletionSource();
        bench.Memory.BeforeProduce = () => disk.Task;

        var joining = bench.FetchAsync("a");
        Assert.False(joining.IsCompleted);

        disk.SetResult();
        Assert.Equal([0], Partitions(await joining));
    }

    [Fact]
    public async Task Partitions_and_topics_that_come_later_are_shared_out_at_the_next_fetch()
    {
        var bench = await StartAsync(1, new GroupSpec([Topic, "payments"], From: StartPosition.Latest));
        await bench.ProduceAsync(0, 3);
        var a = await bench.FetchAsync("a");
        await bench.Engine.AlterTopicAsync(new TopicAlteration(Topic, 2, new Dictionary<string, string?>(), null, null), default);
        await bench.CreateTopicAsync("payments", 1);
        await bench.ProduceAsync(0, 3, "payments");

        a = await bench.FetchAsync("a", a.Lease.Token);

        Assert.Equal(["orders-0", "orders-1", "payments-0"], a.Lease.Partitions.Select(partition => $"{partition}"));
        Assert.Equal(0, a.Positions[2].NextOffset);

        await bench.Engine.DeleteTopicAsync("payments", default);
        Assert.Equal(2, (await bench.FetchAsync("a", a.Lease.Token)).Positions.Count);
    }

    [Fact]
    public async Task Latest_stays_where_it_was_when_the_group_was_made()
    {
        var bench = await StartAsync(1);
        await bench.ProduceAsync(0, 3);
        await bench.Catalog.PutAsync("late", new GroupSpec([Topic], From: StartPosition.Latest), default);
        await bench.Catalog.PutAsync("last", new GroupSpec([Topic], From: StartPosition.Last(2)), default);
        await bench.ProduceAsync(0, 4);
        await bench.RestartAsync();

        Assert.Equal(3, (await bench.Coordinator.FetchAsync("late", "a", null, default)).Value!.Positions[0].NextOffset);
        Assert.Equal(1, (await bench.Coordinator.FetchAsync("last", "a", null, default)).Value!.Positions[0].NextOffset);
        Assert.Equal(4, (await bench.Offsets.LagAsync("late", default)).Partitions[0].Lag);
    }

    [Fact]
    public async Task A_member_that_gives_something_up_is_told_so()
    {
        var bench = await StartAsync(2);
        var a = await bench.FetchAsync("a");
        await bench.FetchAsync("b");

        var told = await bench.FetchAsync("a", a.Lease.Token);
        var again = await bench.FetchAsync("a", a.Lease.Token);

        Assert.Equal((false, true, false), (a.HasLost, told.HasLost, again.HasLost));
    }

    [Fact]
    public async Task A_parked_member_is_told_to_look_again_before_any_lease_ends()
    {
        var bench = await StartAsync(1, new GroupSpec([Topic], LeaseSeconds: 4));
        await bench.FetchAsync("a");
        var b = await bench.FetchAsync("b");
        for (var i = 0; i < 200 && b.Positions.Count == 0; i++)
        {
            bench.Time.Advance(b.CheckWithin);
            b = await bench.FetchAsync("b", b.Lease.Token);
        }

        Assert.Equal([0], Partitions(b));
        Assert.InRange(bench.Time.GetUtcNow() - bench.Time.Start, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(4.1));
    }

    [Fact]
    public async Task Members_beyond_the_limit_are_refused()
    {
        var bench = await StartAsync(1, config: new GroupConfig { MaxMembers = 2 });
        await bench.FetchAsync("a");
        await bench.FetchAsync("b");

        var refused = await Assert.ThrowsAsync<BrokerException>(() => bench.FetchAsync("c"));

        Assert.Equal(BrokerError.LimitReached, refused.Error);
        await bench.FetchAsync("a");
    }
}
