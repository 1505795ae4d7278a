using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Live;

/// <summary>F10, F12: few file descriptors, and a disk that takes its time.</summary>
public sealed class ScarceTests(Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public async Task With_few_descriptors_partitions_are_refused_and_those_that_are_written_go_on()
    {
        const int Partitions = 600;
        await using var broker = new BrokerProcess { Wrapper = ["prlimit", "--nofile=520"] };
        await broker.StartAsync();
        await LiveLoad.CreateTopicAsync(broker, "wide", Partitions, new { });
        var statuses = new Dictionary<HttpStatusCode, int>();
        var acked = new Dictionary<int, int>();

        for (var round = 0; round < Effort.Of(2, 20); round++)
        {
            var records = Enumerable.Range(0, Partitions).Select(partition => new { partition, text = $"{round}" });
            foreach (var part in records.Chunk(50))
            {
                using var answer = await broker.Client.PostAsJsonAsync("/v1/topics/wide/records", new { records = part });
                statuses[answer.StatusCode] = statuses.GetValueOrDefault(answer.StatusCode) + 1;
                if (answer.IsSuccessStatusCode) foreach (var record in part) acked[record.partition] = acked.GetValueOrDefault(record.partition) + 1;
            }
        }

        output.WriteLine($"520 descriptors, {Partitions} partitions: {string.Join(", ", statuses)}");
        Assert.Empty(statuses.Keys.Except([HttpStatusCode.OK, HttpStatusCode.TooManyRequests]));
        Assert.True(statuses.ContainsKey(HttpStatusCode.OK));
        Assert.Equal(HttpStatusCode.OK, (await broker.Client.GetAsync("/readyz")).StatusCode);
        foreach (var item in JsonNode.Parse(await broker.Client.GetStringAsync("/v1/topics/wide/partitions"))!["items"]!.AsArray())
            Assert.True((long)item!["highWatermark"]! >= acked.GetValueOrDefault((int)item["partition"]!));
    }

    [SystemCallFact]
    public async Task A_disk_that_takes_long_to_sync_holds_writers_up_and_loses_nothing()
    {
        await using var broker = await BrokerProcess.StartNewAsync();
        await LiveLoad.CreateTopicAsync(broker, "journal", 3, new { });
        await using var load = new LiveLoad(broker, "journal", "all", writers: 8, readers: 2);
        await load.AckedAsync(20);

        await using (await SystemCalls.AttachAsync(broker.ProcessId, "-e", "trace=fdatasync,syncfs", "-e", "inject=fdatasync,syncfs:delay_exit=200000"))
            await load.AckedAsync(Effort.Of(60, 600));

        var verdict = await load.StopAsync();
        output.WriteLine(FaultTable.Add("every sync takes 0.2 s longer", 1, verdict, "-"));
        Assert.True(verdict is { IsGood: true, Unknown: 0 }, $"{verdict}");
    }
}
