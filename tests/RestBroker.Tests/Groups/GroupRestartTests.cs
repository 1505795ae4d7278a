using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Core.Groups;
using RestBroker.Storage;
using static RestBroker.Tests.Groups.GroupBench;

namespace RestBroker.Tests.Groups;

/// <summary>Groups on the embedded log, which is closed and opened again.</summary>
public class GroupRestartTests
{
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
    public async Task Deleted_groups_stay_deleted_and_the_log_of_states_is_short_after_many_epochs()
    {
        using var directory = new TempDirectory();
        await using (var engine = await OpenAsync(directory))
        {
            var bench = await StartAsync(2, config: new GroupConfig { RewriteBytes = 10_000 }, engine: engine);
            await bench.Catalog.PutAsync("gone", new GroupSpec([Topic]), default);
            await bench.Catalog.DeleteAsync("gone", default);
            for (var i = 0; i < 100; i++) await bench.FetchAsync("a");
        }

        await using (var engine = await OpenAsync(directory))
        {
            var bench = await ReopenAsync(engine);
            var log = (await engine.DescribePartitionsAsync("__restbroker_groups", default))[0];
            Assert.InRange(log.NextOffset - log.LogStartOffset, 1, 60);
            Assert.Equal([Group], bench.Catalog.List(new GroupQuery("", null, 10)).Groups.Select(group => group.Group));
        }
    }

    private static async Task<EmbeddedLogEngine> OpenAsync(TempDirectory directory) => await EmbeddedLogEngine.OpenAsync(
        new LogConfig { DataDirectory = directory.Path }, new FakeTimeProvider(), NullLoggerFactory.Instance, default);
}
