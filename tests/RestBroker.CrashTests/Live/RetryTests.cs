using System.Net.Http.Json;
using System.Threading.Channels;
using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Live;

/// <summary>
/// I1, I2: clients that retry until they are answered, over a network that loses, doubles and delays, and a broker that is killed. In the
/// end each record is there once.
/// </summary>
public sealed class RetryTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const string Topic = "journal";
    private const int Clients = 6;

    [Theory]
    [InlineData("Idempotency-Key")]
    [InlineData("Producer-Id")]
    public async Task Whatever_is_lost_doubled_late_or_killed_each_record_is_stored_once(string mechanism)
    {
        var (seed, kills, retries) = (Effort.Seed(), Effort.Of(4, 200), Effort.Of(800, 100_000));
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var broker = await BrokerProcess.StartNewAsync();
        await LiveLoad.CreateTopicAsync(broker, Topic, 3, new Dictionary<string, string> { ["segment.bytes"] = "65536" });
        await using var proxy = new UnreliableProxy(broker, seed);
        var (history, acked) = (new HistoryChecker(), Channel.CreateUnbounded<bool>());
        List<RetryingClient> clients = [.. Enumerable.Range(0, Clients).Select(number => Create(mechanism, broker, proxy, number, unchecked(seed + number)))];
        using var end = new CancellationTokenSource();
        var running = clients.Select(client => client.RunAsync(history, acked.Writer, end.Token)).ToList();

        for (var killed = 0; killed < kills; killed++)
        {
            while (clients.Sum(client => client.Retries) < retries * (killed + 1L) / kills) await AnswerAsync(acked.Reader, running);
            for (var more = random.Next(20); more > 0; more--) await AnswerAsync(acked.Reader, running);
            await broker.KillAsync();
            await broker.StartAsync();
            if (killed == kills / 2) await AddPartitionsAsync(broker, 7);
        }

        await end.CancelAsync();
        await Task.WhenAll(running);
        var verdict = history.Check(await LiveLoad.FindAsync(broker, Topic));
        var fault = $"{kills} kill -9, {proxy.Faults} lost, doubled and late, {clients.Sum(client => client.Retries)} retries, {mechanism}";
        output.WriteLine(FaultTable.Add(fault, kills + proxy.Faults, verdict, $"{seed}"));
        foreach (var client in clients) client.Dispose();
        Assert.True(verdict is { IsGood: true, Unknown: 0 }, $"{verdict}");
    }

    // A client that has failed ends the test with its fault; nobody waits for the others' answers.
    private static async Task AnswerAsync(ChannelReader<bool> acked, List<Task> running)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var answer = acked.ReadAsync(patience.Token).AsTask();
        await await Task.WhenAny([answer, .. running]);
    }

    private static RetryingClient Create(string mechanism, BrokerProcess broker, UnreliableProxy proxy, int number, int seed) => mechanism == "Idempotency-Key"
        ? new KeyedClient(broker, proxy.Address, Topic, number, seed)
        : new NumberedClient(broker, proxy.Address, Topic, number, seed);

    private static async Task AddPartitionsAsync(BrokerProcess broker, int partitionCount)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/v1/topics/{Topic}") { Content = JsonContent.Create(new { partitionCount }) };
        request.Headers.TryAddWithoutValidation("If-Match", "*");
        using var answer = await broker.Client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }
}
