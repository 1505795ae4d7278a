using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using static RestBroker.Tests.Groups.GroupBench;

namespace RestBroker.Tests.Groups;

public class GroupCatalogTests
{
    [Fact]
    public async Task A_restart_knows_settings_epochs_offsets_and_members_again()
    {
        var bench = await StartAsync(4, new GroupSpec([Topic], LeaseSeconds: 77));
        await bench.ProduceAsync(0, 5);
        var a = await bench.FetchAsync("a");
        var b = await bench.FetchAsync("b");
        a = await bench.FetchAsync("a", a.Lease.Token);
        b = await bench.FetchAsync("b", b.Lease.Token);
        await bench.CommitAsync(a.Lease.Token, (0, 4));
        var before = bench.Catalog.Describe(Group);
        bench.Time.Advance(TimeSpan.FromSeconds(70));

        await bench.RestartAsync();
        bench.Time.Advance(TimeSpan.FromSeconds(70));

        var after = bench.Catalog.Describe(Group);
        Assert.Equal((before.Epoch, before.Settings, GroupCondition.Stable), (after.Epoch, after.Settings, after.Condition));
        Assert.Equal(a.Lease.Partitions, (await bench.FetchAsync("a", a.Lease.Token)).Lease.Partitions);
        Assert.Equal(b.Lease.Partitions, (await bench.FetchAsync("b", b.Lease.Token)).Lease.Partitions);
        Assert.Equal(4, Position(await bench.FetchAsync("a", a.Lease.Token), 0));
    }

    [Fact]
    public async Task Put_creates_then_changes_only_what_it_names()
    {
        var bench = await StartAsync(spec: new GroupSpec([Topic], From: StartPosition.Latest, LeaseSeconds: 9));

        var (group, isCreated) = await bench.Catalog.PutAsync(Group, new GroupSpec(LeaseSeconds: 10), default);
        var (same, _) = await bench.Catalog.PutAsync(Group, new GroupSpec([Topic]), default);

        Assert.False(isCreated);
        Assert.Equal((10, StartPosition.Latest, 2), (group.Settings.LeaseSeconds, group.Settings.From, group.Epoch));
        Assert.Equal(2, same.Epoch);
    }

    [Fact]
    public async Task A_topic_that_the_settings_drop_is_taken_from_its_owner()
    {
        var bench = await StartAsync(1);
        await bench.CreateTopicAsync("payments", 1);
        var a = await bench.FetchAsync("a");

        await bench.Catalog.PutAsync(Group, new GroupSpec(["payments"]), default);

        Assert.True(a.Changed.IsCancellationRequested);
        Assert.True((await bench.CommitAsync(a.Lease.Token, (0, 0))).IsFenced);
        Assert.Equal("payments-0", $"{Assert.Single((await bench.FetchAsync("a", a.Lease.Token)).Lease.Partitions)}");
    }

    public static TheoryData<GroupSpec, BrokerError> Refusals { get; } = new()
    {
        { new GroupSpec(), BrokerError.InvalidRange },
        { new GroupSpec([]), BrokerError.InvalidRange },
        { new GroupSpec(["a b"]), BrokerError.InvalidTopic },
        { new GroupSpec(["__metadata"]), BrokerError.ReservedName },
        { new GroupSpec([Topic], LeaseSeconds: 0), BrokerError.InvalidRange },
        { new GroupSpec([Topic], LeaseSeconds: 3601), BrokerError.InvalidRange },
        { new GroupSpec([Topic], GroupMode.Shared, MaxDeliveries: 0), BrokerError.InvalidRange },
        { new GroupSpec([Topic], GroupMode.Shared, DeadLetterTopic: Topic), BrokerError.InvalidConfig },
        { new GroupSpec([Topic], GroupMode.Shared, DeadLetterTopic: "nowhere"), BrokerError.UnknownTopicOrPartition },
        { new GroupSpec([Topic], MaxDeliveries: 3), BrokerError.InvalidConfig },
        { new GroupSpec([Topic], DeadLetterTopic: "x"), BrokerError.InvalidConfig },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Settings_against_a_rule_are_refused(GroupSpec spec, BrokerError error)
    {
        var bench = await StartAsync();

        var refused = await Assert.ThrowsAsync<BrokerException>(async () => await bench.Catalog.PutAsync("new", spec, default));

        Assert.Equal(error, refused.Error);
        Assert.Null(bench.Catalog.Find("new"));
    }

    [Fact]
    public async Task A_group_keeps_its_mode()
    {
        var bench = await StartAsync();

        var refused = await Assert.ThrowsAsync<BrokerException>(
            async () => await bench.Catalog.PutAsync(Group, new GroupSpec([Topic], GroupMode.Shared), default));

        Assert.Equal(BrokerError.GroupTypeMismatch, refused.Error);
    }

    [Fact]
    public async Task A_group_with_live_members_is_not_deleted_and_an_empty_one_goes_with_its_offsets()
    {
        var bench = await StartAsync(1);
        await bench.ProduceAsync(0, 5);
        var a = await bench.FetchAsync("a");
        await bench.CommitAsync(a.Lease.Token, (0, 5));

        var refused = await Assert.ThrowsAsync<BrokerException>(async () => await bench.Catalog.DeleteAsync(Group, default));
        Assert.Equal(BrokerError.GroupActive, refused.Error);
        await bench.Coordinator.LeaveAsync(Group, "a", default);
        await bench.Catalog.DeleteAsync(Group, default);

        Assert.Null(bench.Catalog.Find(Group));
        await bench.RestartAsync();
        Assert.Null(bench.Catalog.Find(Group));
        await bench.Catalog.PutAsync(Group, new GroupSpec([Topic]), default);
        Assert.Equal(0, Position(await bench.FetchAsync("a"), 0));
    }

    [Fact]
    public async Task Groups_are_listed_in_pages_by_name()
    {
        var bench = await StartAsync();
        foreach (var name in new[] { "b2", "a", "b1", "b3" }) await bench.Catalog.PutAsync(name, new GroupSpec([Topic]), default);

        var first = bench.Catalog.List(new GroupQuery("b", null, 2));
        var second = bench.Catalog.List(new GroupQuery("b", "b2", 2));

        Assert.Equal(["b1", "b2"], first.Groups.Select(group => group.Group));
        Assert.Equal(["b3"], second.Groups.Select(group => group.Group));
        Assert.Equal((true, false), (first.HasMore, second.HasMore));
    }

    [Fact]
    public async Task The_log_of_states_stays_short_and_whole_however_often_members_come()
    {
        var bench = await StartAsync(2, config: new GroupConfig { RewriteBytes = 20_000 });
        for (var i = 0; i < 20; i++) await bench.Catalog.PutAsync($"idle{i}", new GroupSpec([Topic]), default);
        for (var i = 0; i < 500; i++) await bench.FetchAsync("a");

        var log = (await bench.Engine.DescribePartitionsAsync("__restbroker_groups", default))[0];
        Assert.InRange(log.NextOffset - log.LogStartOffset, 1, 200);
        var epoch = bench.Catalog.Describe(Group).Epoch;
        await bench.RestartAsync();
        Assert.Equal(21, bench.Catalog.List(new GroupQuery("", null, 100)).Groups.Count);
        Assert.Equal(epoch, bench.Catalog.Describe(Group).Epoch);
    }

    [Fact]
    public async Task Fifty_members_that_join_at_once_share_writes_and_end_up_balanced()
    {
        var bench = await StartAsync(100);
        var names = Enumerable.Range(0, 50).Select(i => $"m{i}").ToList();

        var sessions = (await Task.WhenAll(names.Select(name => Task.Run(() => bench.FetchAsync(name))))).ToDictionary(session => session.Member);
        for (var round = 0; round < 2; round++)
        {
            foreach (var name in names) sessions[name] = await bench.FetchAsync(name, sessions[name].Lease.Token);
        }

        Assert.All(sessions.Values, session => Assert.Equal(2, session.Positions.Count));
        Assert.Equal(100, sessions.Values.SelectMany(session => session.Lease.Partitions).Distinct().Count());
        Assert.Equal(GroupCondition.Stable, bench.Catalog.Describe(Group).Condition);
    }
}
