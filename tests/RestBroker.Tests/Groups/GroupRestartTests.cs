using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Core.Groups;
using RestBroker.Core.Topics;
using RestBroker.Storage;
using static RestBroker.Tests.Groups.GroupBench;

namespace RestBroker.Tests.Groups;

/// <summary>Groups on the embedded log, which is closed and opened again.</summary>
public class GroupRestartTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Every_setting_epoch_and_offset_is_known_again_and_members_go_on_under_their_names()
    {
        using var directory = new TempDirectory();
        GroupSession a, b;
        GroupDescription before;
        await using (var engine = await OpenAsync(directory))
        {
            var bench = await StartAsync(6, new GroupSpec([Topic], From: StartPosition.Last(3), LeaseSeconds: 60), engine: engine);
            for (var partition = 0; partition < 6; partition++) await bench.ProduceAsync(partition, 10);
            a = await bench.FetchAsync("a");
            b = await bench.FetchAsync("b");
            a = await bench.FetchAsync("a", a.Lease.Token);
            b = await bench.FetchAsync("b", b.Lease.Token);
            foreach (var session in new[] { a, b })
                Assert.False((await bench.CommitAsync(session.Lease.Token, [.. Partitions(session).Select(p => (p, 5L + p))])).IsFenced);
            before = bench.Catalog.Describe(Group);
        }

        await using (var engine = await OpenAsync(directory))
        {
            var bench = await ReopenAsync(engine);
            var after = bench.Catalog.Describe(Group);
            Assert.Equal((before.Settings, before.Epoch), (after.Settings, after.Epoch));
            foreach (var session in new[] { a, b })
            {
                var again = await bench.FetchAsync(session.Member, session.Lease.Token);
                Assert.Equal(session.Lease.Partitions, again.Lease.Partitions);
                Assert.All(Partitions(again), partition => Assert.Equal(5 + partition, Position(again, partition)));
            }

            Assert.True((await bench.FetchAsync("a")).Lease.Token.Epoch > before.Epoch);
            Assert.True((await bench.CommitAsync(a.Lease.Token, (0, 10))).IsFenced);
        }
    }

    [Fact]
    public async Task Deleted_groups_stay_deleted_and_the_log_of_states_is_compacted_after_many_epochs()
    {
        using var directory = new TempDirectory();
        await using (var engine = await OpenAsync(directory))
        {
            var bench = await StartAsync(2, engine: engine);
            await bench.Catalog.PutAsync("gone", new GroupSpec([Topic]), default);
            await bench.Catalog.DeleteAsync("gone", default);
            for (var i = 0; i < 100; i++) await bench.FetchAsync("a");
            var before = await StatusAsync(engine);
            _time.Advance(TimeSpan.FromDays(8));
            engine.Compact();
            var after = await StatusAsync(engine);
            Assert.Equal((0, before.NextOffset), (after.LogStartOffset, after.NextOffset));
            Assert.True(after.Bytes < before.Bytes / 20, $"{before.Bytes} bytes became {after.Bytes}");
        }

        await using (var engine = await OpenAsync(directory))
        {
            var bench = await ReopenAsync(engine);
            Assert.Equal([Group], bench.Catalog.List(new GroupQuery("", null, 10)).Groups.Select(group => group.Group));
        }

        static async Task<PartitionStatus> StatusAsync(EmbeddedLogEngine engine) =>
            (await engine.DescribePartitionsAsync("__restbroker_groups", default))[0];
    }

    [Fact]
    public async Task A_log_of_states_from_before_compaction_is_compacted_from_now_on()
    {
        using var directory = new TempDirectory();
        await using (var engine = await OpenAsync(directory))
        {
            await StartAsync(2, engine: engine);
            var uncompacted = new Dictionary<string, string?> { ["cleanup.policy"] = null };
            await engine.AlterTopicAsync(new TopicAlteration("__restbroker_groups", null, uncompacted, null, null), default);
        }

        await using (var engine = await OpenAsync(directory))
        {
            await ReopenAsync(engine);
            Assert.Equal(CleanupPolicy.Compact, (await engine.DescribeTopicAsync("__restbroker_groups", default))!.Config.CleanupPolicy);
        }
    }

    private async Task<EmbeddedLogEngine> OpenAsync(TempDirectory directory) => await EmbeddedLogEngine.OpenAsync(
        new LogConfig { DataDirectory = directory.Path }, _time, NullLoggerFactory.Instance, default);
}
