using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using RestBroker.CrashTests.Live;

namespace RestBroker.CrashTests.Tail;

/// <summary>Clients that nobody here wrote read the stream, and those that reconnect by themselves go on where they were cut.</summary>
public sealed class ForeignClientTests
{
    private const int Records = 30;

    private static string Scripts => Path.Combine(AppContext.BaseDirectory, "Tail", "Clients");

    [Fact]
    public async Task The_eventsource_of_npm_reads_over_cuts()
    {
        var directory = Directory.CreateTempSubdirectory("restbroker-npm-");
        foreach (var file in new[] { "package.json", "package-lock.json", "eventsource.js" })
            File.Copy(Path.Combine(Scripts, file), Path.Combine(directory.FullName, file));
        using (var install = Process.Start(new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]) { WorkingDirectory = directory.FullName })!)
        {
            await install.WaitForExitAsync();
            Assert.Equal(0, install.ExitCode);
        }

        await ReadOverCutsAsync(stream => new ForeignClient("node", Path.Combine(directory.FullName, "eventsource.js"), stream.ToString(), Text(Records)));
        directory.Delete(recursive: true);
    }

    [Fact]
    public Task Python_reads_over_cuts_with_a_plain_socket() => ReadOverCutsAsync(stream => new ForeignClient(
        "/usr/bin/python3", Path.Combine(Scripts, "read_stream.py"), stream.Host, Text(stream.Port), stream.PathAndQuery, Text(Records)));

    [Fact]
    public async Task Curl_and_jq_read_lines_as_they_come()
    {
        await using var broker = await BrokerProcess.StartNewAsync();
        await LiveLoad.CreateTopicAsync(broker, "orders", 1, new { });
        var lines = new Uri(broker.Address, $"/v1/topics/orders/records?follow=true&limit={Records}");
        using var client = new ForeignClient("bash", "-c", $"curl -sSN -H 'Accept: application/x-ndjson' '{lines}' | jq --unbuffered -r 'select(.text) | .text'");

        for (var i = 0; i < Records; i++)
        {
            await ProduceAsync(broker, i);
            if (i % 10 == 0) await client.ReadAsync(i + 1);
        }

        Assert.Equal(Enumerable.Range(0, Records).Select(Text), await client.EndAsync());
    }

    [Fact]
    public async Task Curl_reads_events_and_goes_on_after_the_last_one()
    {
        await using var broker = await BrokerProcess.StartNewAsync();
        await LiveLoad.CreateTopicAsync(broker, "orders", 1, new { });
        for (var i = 0; i < 4; i++) await ProduceAsync(broker, i);
        var stream = new Uri(broker.Address, "/v1/topics/orders/events?from=earliest&limit=2");

        using var first = new ForeignClient("curl", "-sSN", stream.ToString());
        var events = await first.EndAsync();
        var id = events.Last(line => line.StartsWith("id: ", StringComparison.Ordinal) && line != "id: 1~end");
        using var second = new ForeignClient("curl", "-sSN", "-H", $"Last-Event-ID: {id["id: ".Length..]}", stream.ToString());
        using var third = new ForeignClient("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Last-Event-ID: 1~end", stream.ToString());

        Assert.Equal("""data: {"reason":"limit","reconnect":false}""", events[^2]);
        Assert.Contains((await second.EndAsync()), line => line.Contains("\"text\":\"3\"", StringComparison.Ordinal));
        Assert.DoesNotContain(second.Lines, line => line.Contains("\"text\":\"1\"", StringComparison.Ordinal));
        Assert.Equal(["204"], await third.EndAsync());
    }

    private static async Task ReadOverCutsAsync(Func<Uri, ForeignClient> start)
    {
        await using var broker = await BrokerProcess.StartNewAsync();
        await LiveLoad.CreateTopicAsync(broker, "orders", 1, new { });
        await using var proxy = new CuttingProxy(broker.Address);
        using var client = start(new Uri(proxy.Address, "/v1/topics/orders/events?from=earliest"));

        for (var i = 0; i < Records; i++)
        {
            await ProduceAsync(broker, i);
            if (i % 10 != 4) continue;
            await client.ReadAsync(i + 1);
            proxy.Cut();
        }

        Assert.Equal(Enumerable.Range(0, Records).Select(Text), await client.EndAsync());
    }

    private static async Task ProduceAsync(BrokerProcess broker, int number) =>
        (await broker.Client.PostAsJsonAsync("/v1/topics/orders/records", new { records = new[] { new { text = Text(number) } } })).EnsureSuccessStatusCode();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
