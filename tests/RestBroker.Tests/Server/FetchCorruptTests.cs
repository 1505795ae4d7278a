namespace RestBroker.Tests.Server;

/// <summary>What rot took is told and never stepped over in silence; its neighbours are served.</summary>
public sealed class FetchCorruptTests
{
    [Fact]
    public async Task A_damaged_record_is_a_gap_in_a_page_and_in_a_stream_and_410_by_itself()
    {
        var directory = Directory.CreateTempSubdirectory("restbroker-").FullName;
        await using (var broker = TestBroker.Start(dataDirectory: directory))
        {
            await broker.CreateAsync("orders");
            foreach (var text in new[] { "zero", "the-rotten-one", "two" }) await broker.ProduceAsync("orders", 0, text);
        }

        LogDamage.Flip(directory, "the-rotten-one");
        await using (var broker = TestBroker.Start(dataDirectory: directory))
        {
            var page = await broker.PageAsync("/v1/topics/orders/records");
            Assert.Equal(["0@0", "0@2"], page.Places);
            Assert.Equal("""[{"topic":"orders","partition":0,"from":1,"to":2,"reason":"corrupt"}]""", page.Gaps!.ToJsonString());
            Assert.True(page.UpToDate);

            await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events?from=earliest");
            Assert.Equal("zero", (await events.NextAsync("message")).Text);
            Assert.Equal("""{"topic":"orders","partition":0,"from":1,"to":2,"reason":"corrupt"}""", (await events.NextAsync("gap")).Data);
            Assert.Equal("two", (await events.NextAsync("message")).Text);

            foreach (var path in new[] { "/v1/topics/orders/partitions/0/records/1", "/v1/topics/orders/partitions/0/records/1/value" })
            {
                var refused = await broker.GetAsync(path);
                Assert.Equal((410, "record-corrupt", 2), (refused.Status, refused.Code, (long)refused.Json["to"]!));
            }

            var lines = await broker.SendAsync(HttpMethod.Get, "/v1/topics/orders/records", headers: ("Accept", "application/x-ndjson"));
            var metrics = (await broker.GetAsync("/metrics")).Body;
            Assert.Matches(@"(?m)^restbroker_log_damage_met_total [1-9]", metrics);
            Assert.Contains("\"gaps\":[{", lines.Body.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
        }

        Directory.Delete(directory, recursive: true);
    }
}
