using System.Globalization;
using System.Text.RegularExpressions;

namespace RestBroker.Tests.Server;

/// <summary>What a monitor sees.</summary>
public sealed partial class MetricsTests
{
    [Fact]
    public async Task What_is_produced_is_counted_and_its_syncs_are_timed()
    {
        await using var broker = TestBroker.Start();
        Assert.Equal(201, (await broker.PutAsync("/v1/topics/orders")).Status);
        for (var i = 0; i < 3; i++) Assert.Equal(200, (await broker.PostAsync("/v1/topics/orders/records", """{"records":[{"text":"a"},{"text":"b"}]}""")).Status);

        var after = await ScrapeAsync(broker);
        Assert.True(after["restbroker_log_records_total"] >= 6);
        Assert.True(after["restbroker_log_appended_bytes_total"] >= 3 * 61);
        const string Syncs = "restbroker_sync_duration_seconds_count{scope=\"log\"}";
        Assert.True(after[Syncs] >= 1);
        Assert.True(after["restbroker_disk_free_bytes"] > after["restbroker_disk_reserve_bytes"]);
        Assert.True(after["restbroker_segments_open"] >= 1);
        Assert.Contains(after.Keys, name => name.StartsWith("kestrel_active_connections", StringComparison.Ordinal));
        Assert.True(after["dotnet_process_memory_working_set_bytes"] > 1_000_000);
    }

    [Fact]
    public async Task A_broker_tells_of_itself_where_a_process_has_two()
    {
        await using var broker = TestBroker.Start();
        await using var other = TestBroker.Start();
        var before = await ScrapeAsync(broker);
        await other.CreateAsync("orders", 1);
        await other.ProduceAsync("orders", 0, "a", "b", "c");
        await other.PutAsync("/v1/groups/readers", """{"topics":["orders"]}""");

        var (ours, theirs) = (await ScrapeAsync(broker), await ScrapeAsync(other));

        Assert.Equal(before["restbroker_log_records_total"], ours["restbroker_log_records_total"]);
        Assert.Equal(before["restbroker_segments_open"], ours["restbroker_segments_open"]);
        Assert.True(theirs["restbroker_log_records_total"] >= 3);
        Assert.Contains("restbroker_group_members{group=\"readers\"}", theirs.Keys);
        Assert.DoesNotContain("restbroker_group_members{group=\"readers\"}", ours.Keys);
    }

    [Fact]
    public async Task A_histogram_counts_upwards_to_all_there_is()
    {
        await using var broker = TestBroker.Start();
        Assert.Equal(201, (await broker.PutAsync("/v1/topics/orders")).Status);

        var buckets = (await ScrapeTextAsync(broker)).Split('\n')
            .Where(line => line.StartsWith("restbroker_sync_duration_seconds", StringComparison.Ordinal) && line.Contains("scope=\"log\"", StringComparison.Ordinal))
            .ToList();

        var counts = buckets.Where(line => line.Contains("_bucket", StringComparison.Ordinal)).Select(ValueOf).ToList();
        Assert.Equal(counts.Order(), counts);
        Assert.True(counts[^1] >= 1);
        Assert.Equal(counts[^1], ValueOf(buckets.Single(line => line.Contains("_count", StringComparison.Ordinal))));
        Assert.Contains("le=\"+Inf\"", buckets[counts.Count - 1], StringComparison.Ordinal);
    }

    private static async Task<string> ScrapeTextAsync(TestBroker broker)
    {
        var answer = await broker.GetAsync("/metrics");
        Assert.Equal((200, "text/plain; version=0.0.4; charset=utf-8"), (answer.Status, answer.Header("Content-Type")));
        Assert.All(answer.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches(Line(), line));
        return answer.Body;
    }

    private static async Task<Dictionary<string, double>> ScrapeAsync(TestBroker broker) =>
        (await ScrapeTextAsync(broker)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith('#'))
            .ToDictionary(line => line[..line.LastIndexOf(' ')], ValueOf);

    private static double ValueOf(string line) => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);

    [GeneratedRegex("""^(# (HELP [a-z0-9_]+ .*|TYPE [a-z0-9_]+ (counter|gauge|histogram))|[a-z0-9_]+(\{([a-z0-9_]+="([^"\\]|\\.)*",?)+\})? [-+0-9.eE]+)$""")]
    private static partial Regex Line();
}
