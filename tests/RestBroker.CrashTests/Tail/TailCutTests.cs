using RestBroker.CrashTests.History;
using RestBroker.CrashTests.Live;

namespace RestBroker.CrashTests.Tail;

/// <summary>O2: a reader of the tail never goes back and never skips, wherever and by whom its connection is cut.</summary>
public sealed class TailCutTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Partitions = 3;
    private const int Clients = 6;
    private const string Stream = "/v1/topics/journal/events?from=earliest";

    [Fact]
    public async Task Strict_clients_that_are_cut_by_themselves_by_the_network_and_by_the_broker_get_everything_once()
    {
        var (seed, wanted) = (Effort.Seed(), Effort.Of(150, 4_800));
        output.WriteLine($"seed {seed}");
        await using var broker = await StartAsync();
        await using var proxy = new CuttingProxy(broker.Address);
        await using var writer = new PacedWriter(broker, "journal", Partitions);
        var cuts = new CutCounter();
        var clients = Enumerable.Range(0, Clients).Select(i => new TailClient(new Uri(i % 2 == 0 ? proxy.Address : broker.Address, Stream))).ToList();
        var total = int.MaxValue;
        var reading = clients.Select((client, i) => ReadAsync(client, new Random(seed + i))).ToList();

        var restarts = await CutAsync(cuts, wanted, broker, proxy, writer, new Random(seed));
        await writer.DisposeAsync();
        var found = await LiveLoad.FindAsync(broker, "journal");
        Volatile.Write(ref total, found.Count);
        cuts.Finish();
        await Task.WhenAll(reading).WaitAsync(TimeSpan.FromMinutes(2));

        var verdict = TailVerdict.Judge(writer.History.Check(found), found, clients.Select(client => client.Seen));
        output.WriteLine(FaultTable.Add($"stream cut ({restarts} by restarts), own client", cuts.Count, verdict, $"{seed}"));
        Assert.True(verdict.IsGood, $"{verdict}");
        foreach (var client in clients) client.Dispose();

        async Task ReadAsync(TailClient client, Random random)
        {
            while (client.Seen.Count < Volatile.Read(ref total))
            {
                var budget = cuts.IsFinished ? long.MaxValue : random.Next(1, 6_000);
                var hasBegun = await client.ReadAsync(budget, () => client.Seen.Count >= Volatile.Read(ref total), CancellationToken.None);
                if (!hasBegun) await broker.Up;
                else if (!cuts.IsFinished) cuts.Add();
            }
        }
    }

    [Fact]
    public async Task Native_EventSources_of_Chromium_that_are_cut_get_everything_once()
    {
        var (seed, wanted) = (Effort.Seed(), Effort.Of(10, 200));
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var broker = await StartAsync();
        await using var proxy = new CuttingProxy(broker.Address);
        await using var writer = new PacedWriter(broker, "journal", Partitions);
        await using var browser = await Browser.StartAsync();
        var page = await TailPage.OpenAsync(browser, proxy.Address, Stream);

        var cuts = 0;
        for (var round = 0; cuts < wanted; round++)
        {
            await page.ForgetAsync();
            writer.Allow(random.Next(1, 40));
            await page.ConnectedAsync();
            writer.Allow(random.Next(1, 40));
            if (round % 10 == 1) await RestartAsync(broker, isKill: round % 20 == 1);
            else proxy.Cut();
            cuts += TailPage.Sources;
        }

        await page.ForgetAsync();
        writer.Allow(10);
        await page.ConnectedAsync();
        await writer.DisposeAsync();
        var found = await LiveLoad.FindAsync(broker, "journal");
        await page.SeenAsync(found.Count);

        var verdict = TailVerdict.Judge(writer.History.Check(found), found, await page.AllAsync());
        output.WriteLine(FaultTable.Add("stream cut, Chromium's EventSource", cuts, verdict, $"{seed}"));
        Assert.True(verdict.IsGood, $"{verdict}");
    }

    // The clients cut themselves; beside that the network does now and then, and the broker is stopped or killed. Returns how often that was.
    private static async Task<int> CutAsync(CutCounter cuts, int wanted, BrokerProcess broker, CuttingProxy proxy, PacedWriter writer, Random random)
    {
        var (restarts, every) = (0, Math.Max(wanted / Effort.Of(2, 24), 1));
        while (cuts.Count < wanted)
        {
            writer.Allow(random.Next(1, 40));
            await cuts.MoreAsync(random.Next(1, 8));
            if (random.Next(3) == 0) proxy.Cut();
            if (cuts.Count / every <= restarts) continue;
            await RestartAsync(broker, isKill: restarts % 2 == 0);
            restarts++;
        }

        return restarts;
    }

    private static async Task<BrokerProcess> StartAsync()
    {
        var broker = new BrokerProcess { Environment = { ["RestBroker__HeartbeatSeconds"] = "1" } };
        await broker.StartAsync();
        await LiveLoad.CreateTopicAsync(broker, "journal", Partitions, new { });
        return broker;
    }

    private static async Task RestartAsync(BrokerProcess broker, bool isKill)
    {
        if (isKill) await broker.KillAsync();
        else await broker.StopAsync();
        await broker.StartAsync();
    }
}
