using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RestBroker.CrashTests;

/// <summary>
/// The README's use case with a real web server's log: one tool writes it, three members of a group share it, a browser tails it, and on
/// the way the browser is cut off and the broker is killed.
/// </summary>
public sealed class AccessLogTests
{
    private const string Tail =
        """
        () => {
          window.seen = [];
          window.opened = 0;
          const source = new EventSource('/v1/topics/web-access/events?from=earliest');
          source.onopen = () => window.opened++;
          source.onmessage = event => window.seen.push(JSON.parse(event.data));
        }
        """;

    private static readonly string LogFile = Path.Combine(AppContext.BaseDirectory, "Data", "access.log");

    [Fact]
    public async Task A_web_servers_log_is_shared_by_three_and_tailed_by_a_browser_through_a_cut_and_a_kill()
    {
        var lines = await File.ReadAllLinesAsync(LogFile);
        var half = lines.Length / 2;
        await using var broker = await BrokerProcess.StartNewAsync();
        await using var proxy = new CuttingProxy(broker.Address);
        await LiveCli.AssertSucceedsAsync(broker.Address, "topics create web-access --partitions 6");
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(proxy.Address, "/swagger/index.html"));
        await page.EvaluateAsync(Tail);
        await using var first = StartMember(broker, 1);
        await using var second = StartMember(broker, 2);
        await using var third = StartMember(broker, 3);
        LiveCli[] members = [first, second, third];

        var firstHalf = await WriteHalfAsync(lines[..half]);
        await LiveCli.AssertSucceedsAsync(broker.Address, $"produce web-access --file {firstHalf} --key-field 1");
        await page.WaitForFunctionAsync("seen.length >= 100");
        proxy.Cut();
        await page.WaitForFunctionAsync($"seen.length >= {half} && opened >= 2");
        await WaitForLagAsync(broker, 0);
        await broker.KillAsync();
        await broker.StartAsync();
        await LiveCli.AssertSucceedsAsync(broker.Address, $"produce web-access --file {LogFile} --key-field 1 --skip-lines {half}");
        await page.WaitForFunctionAsync($"seen.length >= {lines.Length}");
        await WaitForLagAsync(broker, 0);

        foreach (var member in members) Assert.Equal(130, await member.InterruptAsync());
        AssertEveryLineOnceInOrder(lines, members.SelectMany(member => member.Output).Select(line => JsonNode.Parse(line)!));
        Assert.All(members, member => Assert.NotEmpty(member.Output));
        var seen = JsonNode.Parse(JsonSerializer.Serialize(await page.EvaluateAsync<JsonElement>("seen")))!.AsArray();
        AssertEveryLineOnceInOrder(lines, seen.Select(record => record!));
        File.Delete(firstHalf);
    }

    private static LiveCli StartMember(BrokerProcess broker, int number) =>
        LiveCli.Start(broker.Address, $"consume web-access --group readers --member member-{number} --from-beginning --json");

    private static async Task<string> WriteHalfAsync(IEnumerable<string> lines)
    {
        var path = Path.GetTempFileName();
        await File.WriteAllLinesAsync(path, lines);
        return path;
    }

    private static async Task WaitForLagAsync(BrokerProcess broker, long goal)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        JsonNode? lag = null;
        while (!patience.IsCancellationRequested)
        {
            lag = await broker.Client.GetFromJsonAsync<JsonNode>("/v1/groups/readers/lag", patience.Token);
            if ((long)lag!["lag"]! == goal) return;
        }

        Assert.Fail($"The group's lag never came down to {goal}: {lag}");
    }

    private static void AssertEveryLineOnceInOrder(string[] lines, IEnumerable<JsonNode> records)
    {
        var byOffset = records.OrderBy(record => (int)record["partition"]!).ThenBy(record => (long)record["offset"]!).ToList();
        Assert.Equal(lines.Order(StringComparer.Ordinal), byOffset.Select(record => (string)record["text"]!).Order(StringComparer.Ordinal));
        var written = lines.GroupBy(line => line.Split(' ')[0]).ToDictionary(group => group.Key, group => group.ToList());
        foreach (var address in byOffset.GroupBy(record => (string)record["key"]!))
        {
            Assert.Single(address.Select(record => (int)record["partition"]!).Distinct());
            Assert.Equal(written[address.Key], address.Select(record => (string)record["text"]!));
        }
    }
}
