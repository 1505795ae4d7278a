using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using RestBroker.Core.Topics;
using static RestBroker.Tests.Groups.GroupBench;

namespace RestBroker.Tests.Groups;

public class GroupOffsetsTests
{
    [Fact]
    public async Task Lag_counts_from_the_committed_offset_or_from_where_the_group_would_begin()
    {
        var bench = await StartAsync(2);
        await bench.ProduceAsync(0, 5);
        await bench.ProduceAsync(1, 5);
        var a = await bench.FetchAsync("a");
        await bench.CommitAsync(a.Lease.Token, (0, 3));

        var lag = await bench.Offsets.LagAsync(Group, default);

        Assert.Equal(new PartitionLag(new TopicPartition(Topic, 0), 3, 5, 2, "a", null, 3), lag.Partitions[0]);
        Assert.Equal(new PartitionLag(new TopicPartition(Topic, 1), null, 5, 5, "a", null, 0), lag.Partitions[1]);
    }

    [Fact]
    public async Task A_reset_moves_back_begins_a_new_epoch_and_survives_a_restart()
    {
        var bench = await StartAsync(2);
        await bench.ProduceAsync(0, 5);
        var a = await bench.FetchAsync("a");
        await bench.CommitAsync(a.Lease.Token, (0, 5));
        await bench.Coordinator.LeaveAsync(Group, "a", default);
        var epoch = bench.Catalog.Describe(Group).Epoch;

        var moved = await bench.Offsets.ResetAsync(Group, new OffsetReset { To = StartPosition.Earliest, ExpectedEpoch = epoch }, default);

        Assert.Equal(new ResetOffset(new TopicPartition(Topic, 0), 5, 0), moved[0]);
        Assert.True(bench.Catalog.Describe(Group).Epoch > epoch);
        await bench.RestartAsync();
        Assert.Equal(0, Position(await bench.FetchAsync("a"), 0));
    }

    [Fact]
    public async Task A_dry_run_tells_and_changes_nothing()
    {
        var bench = await StartAsync(1);
        await bench.ProduceAsync(0, 5);
        await bench.FetchAsync("a");
        var before = bench.Catalog.Describe(Group);

        var moved = await bench.Offsets.ResetAsync(Group, new OffsetReset { To = StartPosition.Latest, DryRun = true }, default);

        Assert.Equal(new ResetOffset(new TopicPartition(Topic, 0), null, 5), Assert.Single(moved));
        Assert.Equal(before.Epoch, bench.Catalog.Describe(Group).Epoch);
        Assert.Null((await bench.Offsets.LagAsync(Group, default)).Partitions[0].NextOffset);
    }

    [Fact]
    public async Task Live_members_are_in_the_way_of_a_reset_unless_it_is_forced_and_then_they_are_fenced()
    {
        var bench = await StartAsync(1);
        await bench.ProduceAsync(0, 5);
        var a = await bench.FetchAsync("a");
        var reset = new OffsetReset { Offsets = [new OffsetCommit(new TopicPartition(Topic, 0), 2)] };

        var refused = await Assert.ThrowsAsync<BrokerException>(async () => await bench.Offsets.ResetAsync(Group, reset, default));
        await bench.Offsets.ResetAsync(Group, reset with { Force = true }, default);

        Assert.Equal(BrokerError.GroupActive, refused.Error);
        Assert.True((await bench.CommitAsync(a.Lease.Token, (0, 5))).IsFenced);
        Assert.Equal(2, Position(await bench.FetchAsync("a"), 0));
    }

    [Fact]
    public async Task A_reset_of_a_group_that_moved_on_is_refused()
    {
        var bench = await StartAsync(1);

        var refused = await Assert.ThrowsAsync<BrokerException>(
            async () => await bench.Offsets.ResetAsync(Group, new OffsetReset { To = StartPosition.Latest, ExpectedEpoch = 99 }, default));

        Assert.Equal(BrokerError.PreconditionFailed, refused.Error);
    }

    [Theory]
    [InlineData(Topic, 0, 6, BrokerError.InvalidRange)]
    [InlineData(Topic, 0, -1, BrokerError.InvalidRange)]
    [InlineData(Topic, 1, 0, BrokerError.UnknownTopicOrPartition)]
    [InlineData("other", 0, 0, BrokerError.UnknownTopicOrPartition)]
    public async Task A_reset_to_a_place_that_is_not_there_is_refused(string topic, int partition, long nextOffset, BrokerError error)
    {
        var bench = await StartAsync(1);
        await bench.ProduceAsync(0, 5);

        var reset = new OffsetReset { Offsets = [new OffsetCommit(new TopicPartition(topic, partition), nextOffset)] };
        var refused = await Assert.ThrowsAsync<BrokerException>(async () => await bench.Offsets.ResetAsync(Group, reset, default));

        Assert.Equal(error, refused.Error);
    }
}
