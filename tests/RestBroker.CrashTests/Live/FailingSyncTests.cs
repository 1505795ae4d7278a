using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Live;

/// <summary>D2, F8: the real disk answers EIO to a real sync; and no answer leaves before the sync of its record has ended.</summary>
public sealed class FailingSyncTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const string Syncs = "fdatasync,syncfs";

    [SystemCallFact]
    public async Task A_sync_that_fails_poisons_its_log_alone_and_acknowledges_nothing()
    {
        var total = default(Verdict);
        var rounds = Effort.Of(2, 50);
        for (var round = 0; round < rounds; round++)
        {
            await using var broker = await BrokerProcess.StartNewAsync();
            var history = new HistoryChecker();
            foreach (var topic in (string[])["sick", "well"])
            {
                await LiveLoad.CreateTopicAsync(broker, topic, 1, new { });
                Assert.Equal(HttpStatusCode.OK, (await ProduceAsync(broker, history, topic, 0)).Status);
            }

            await using (await SystemCalls.AttachAsync(broker.ProcessId, "-e", $"trace={Syncs}", "-e", $"inject={Syncs}:error=EIO"))
            {
                var (status, problem) = await ProduceAsync(broker, history, "sick", 1);
                Assert.Equal((HttpStatusCode.ServiceUnavailable, "storage-failed", "possible"), (status, (string)problem["code"]!, (string)problem["sideEffects"]!));
            }

            var (later, refusal) = await ProduceAsync(broker, history, "sick", 2);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "none"), (later, (string)refusal["sideEffects"]!));
            Assert.Equal(HttpStatusCode.OK, (await ProduceAsync(broker, history, "well", 3)).Status);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await broker.Client.GetAsync("/readyz")).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await broker.Client.GetAsync("/healthz")).StatusCode);

            await broker.StopAsync();
            await broker.StartAsync();
            Assert.Equal(HttpStatusCode.OK, (await broker.Client.GetAsync("/readyz")).StatusCode);
            total += history.Check([.. await FindAsync(broker, "sick", 0), .. await FindAsync(broker, "well", 1)]);
            Assert.Equal(HttpStatusCode.OK, (await ProduceAsync(broker, history, "sick", 4)).Status);
        }

        output.WriteLine(FaultTable.Add("EIO on fdatasync, real", rounds, total, "-"));
        Assert.True(total.IsGood, $"{total}");
    }

    [SystemCallFact]
    public async Task No_answer_leaves_before_the_sync_of_its_record_has_ended()
    {
        var answers = Effort.Of(50, 2_000);
        await using var broker = await BrokerProcess.StartNewAsync();
        await LiveLoad.CreateTopicAsync(broker, "journal", 1, new Dictionary<string, string> { ["segment.bytes"] = "4096" });
        var history = new HistoryChecker();
        string[] lines;
        await using (var calls = await SystemCalls.AttachAsync(broker.ProcessId, "-e", $"trace={Syncs},fsync,pwrite64,sendmsg,sendto,write"))
        {
            for (var i = 0; i < answers; i++) await ProduceAsync(broker, history, "journal", i);
            lines = await calls.DetachAsync();
        }

        var (seen, isWritten, isSynced) = (0, false, false);
        foreach (var line in lines)
        {
            if (line.Contains("pwrite64(", StringComparison.Ordinal) && line.Contains("/topics/", StringComparison.Ordinal) && line.Contains(".log>", StringComparison.Ordinal))
                (isWritten, isSynced) = (true, false);
            else if (isWritten && IsSyncThatEnded(line))
                isSynced = true;
            if (!line.Contains("HTTP/1.1 200", StringComparison.Ordinal)) continue;
            Assert.True(isSynced, $"Answer {seen} left before its sync ended: {line}");
            (seen, isWritten, isSynced) = (seen + 1, false, false);
        }

        Assert.Equal(answers, seen);
        output.WriteLine($"{seen} answers, each after the end of a sync that began after the write");
    }

    // A call that another thread interrupts is shown in two lines; what counts is its end.
    private static bool IsSyncThatEnded(string line) =>
        (line.Contains("sync(", StringComparison.Ordinal) || line.Contains("syncfs(", StringComparison.Ordinal) || line.Contains("sync resumed>", StringComparison.Ordinal) || line.Contains("syncfs resumed>", StringComparison.Ordinal))
        && line.EndsWith("= 0", StringComparison.Ordinal);

    private static async Task<(HttpStatusCode Status, JsonNode Answer)> ProduceAsync(BrokerProcess broker, HistoryChecker history, string topic, int number)
    {
        var value = $"{topic} {number}";
        history.Sent(topic, value);
        using var answer = await broker.Client.PostAsJsonAsync($"/v1/topics/{topic}/records", new { records = new[] { new { text = value } } });
        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        if ((string?)body["sideEffects"] == "none") history.Refused(value);
        if (answer.IsSuccessStatusCode) history.Acked(value, topic == "well" ? 1 : 0, (long)body["results"]![0]!["offset"]!);
        return (answer.StatusCode, body);
    }

    private static async Task<IEnumerable<(int, long, string)>> FindAsync(BrokerProcess broker, string topic, int number)
    {
        var page = JsonNode.Parse(await broker.Client.GetStringAsync($"/v1/topics/{topic}/records"))!;
        return page["records"]!.AsArray().Select(record => (number, (long)record!["offset"]!, (string)record["text"]!));
    }
}
