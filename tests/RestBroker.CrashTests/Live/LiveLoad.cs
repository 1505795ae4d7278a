using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Live;

/// <summary>
/// Writers and tailing readers of one topic that go on whatever happens to the broker, and a history of what they were told. Each writer
/// has one request under way.
/// </summary>
internal sealed class LiveLoad : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _end = new();
    private readonly Channel<bool> _acked = Channel.CreateUnbounded<bool>();
    private readonly BrokerProcess _broker;
    private readonly string _topic;
    private readonly string _acks;
    private readonly string _padding;
    private readonly Channel<HttpStatusCode> _refused = Channel.CreateUnbounded<HttpStatusCode>();
    private readonly List<Task> _clients = [];

    public LiveLoad(BrokerProcess broker, string topic, string acks, int writers, int readers, int valueSize = 0)
    {
        (_broker, _topic, _acks, _padding) = (broker, topic, acks, new string('x', valueSize));
        for (var i = 0; i < writers; i++) _clients.Add(WriteAsync($"writer-{i}"));
        for (var i = 0; i < readers; i++) _clients.Add(ReadAsync($"reader-{i}"));
    }

    public HistoryChecker History { get; } = new();

    /// <summary>The statuses of the answers that were refusals.</summary>
    public ConcurrentDictionary<HttpStatusCode, bool> Refusals { get; } = new();

    public static async Task CreateTopicAsync(BrokerProcess broker, string topic, int partitions, object configs) =>
        (await broker.Client.PutAsJsonAsync($"/v1/topics/{topic}", new { partitionCount = partitions, configs })).EnsureSuccessStatusCode();

    /// <summary>Returns after so many more acknowledgements.</summary>
    public async Task AckedAsync(int count)
    {
        while (_acked.Reader.TryRead(out _))
        {
        }

        using var patience = new CancellationTokenSource(Patience);
        for (; count > 0; count--) await _acked.Reader.ReadAsync(patience.Token);
    }

    /// <summary>Returns after one more refusal with a status.</summary>
    public async Task RefusedAsync(HttpStatusCode status)
    {
        while (_refused.Reader.TryRead(out _))
        {
        }

        using var patience = new CancellationTokenSource(Patience);
        while (await _refused.Reader.ReadAsync(patience.Token) != status)
        {
        }
    }

    /// <summary>Deletes what is in a partition now.</summary>
    public async Task TrimAsync(int partition)
    {
        var path = $"/v1/topics/{_topic}/partitions/{partition}";
        var before = (long)JsonNode.Parse(await _broker.Client.GetStringAsync(path))!["highWatermark"]!;
        History.Forget(partition, before);
        using var answer = await _broker.Client.DeleteAsync(new Uri($"{path}/records?before={before}", UriKind.Relative));
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Ends the clients and judges what the broker holds now.</summary>
    public async Task<Verdict> StopAsync()
    {
        await DisposeAsync();
        return History.Check(await FindAsync(_broker, _topic));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <summary>Everything that a topic holds.</summary>
    public static async Task<List<(int Partition, long Offset, string Value)>> FindAsync(BrokerProcess broker, string topic)
    {
        var found = new List<(int, long, string)>();
        for (var path = $"/v1/topics/{topic}/records?from=earliest&limit=10000&maxBytes=16777216"; ;)
        {
            var page = JsonNode.Parse(await broker.Client.GetStringAsync(path))!;
            if (page["gaps"] is JsonArray { Count: > 0 } gaps) throw new InvalidOperationException($"There are gaps: {gaps.ToJsonString()}");
            found.AddRange(page["records"]!.AsArray().Select(ToRecord!));
            if ((bool)page["upToDate"]! && page["records"]!.AsArray().Count == 0) return found;
            path = $"/v1/topics/{topic}/records?limit=10000&maxBytes=16777216&cursor={page["cursor"]}";
        }
    }

    private async Task WriteAsync(string writer)
    {
        using var client = new HttpClient { BaseAddress = _broker.Address };
        for (var i = 0; !_end.IsCancellationRequested; i++)
        {
            var value = $"{writer} {i.ToString(CultureInfo.InvariantCulture)} {_padding}";
            History.Sent(writer, value);
            try
            {
                using var answer = await client.PostAsJsonAsync(
                    $"/v1/topics/{_topic}/records?acks={_acks}", new { records = new[] { new { key = writer, text = value } } }, CancellationToken.None);
                if (!answer.IsSuccessStatusCode)
                {
                    if (await HasNoSideEffectsAsync(answer)) History.Refused(value);
                    Refusals[answer.StatusCode] = true;
                    _refused.Writer.TryWrite(answer.StatusCode);
                    continue;
                }

                var receipt = JsonNode.Parse(await answer.Content.ReadAsStringAsync(CancellationToken.None))!["results"]![0]!;
                History.Acked(value, (int)receipt["partition"]!, (long)receipt["offset"]!);
                _acked.Writer.TryWrite(true);
            }
            catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
            {
                await UpAsync();
            }
            catch (Exception e) when (IsCut(e))
            {
                // The answer never came: the record may be there or not.
            }
        }
    }

    private async Task ReadAsync(string reader)
    {
        using var client = new HttpClient { BaseAddress = _broker.Address };
        var place = "from=earliest";
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri($"/v1/topics/{_topic}/records?{place}&wait=5&limit=1000&clamp=true", UriKind.Relative), _end.Token);
                if (!answer.IsSuccessStatusCode) continue;
                var page = JsonNode.Parse(await answer.Content.ReadAsStringAsync(CancellationToken.None))!;
                foreach (var (partition, offset, value) in page["records"]!.AsArray().Select(ToRecord!)) History.Seen(reader, partition, offset, value);
                place = $"cursor={page["cursor"]}";
            }
            catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
            {
                await UpAsync();
            }
            catch (Exception e) when (IsCut(e) || e is OperationCanceledException)
            {
                // The answer was cut: the same is asked for again.
            }
        }
    }

    // A connection that is reset while it is being made is a bare SocketException.
    private static bool IsCut(Exception error) => error is HttpRequestException or IOException or System.Net.Sockets.SocketException;

    private static async Task<bool> HasNoSideEffectsAsync(HttpResponseMessage answer) =>
        (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(CancellationToken.None))!["sideEffects"]! == "none";

    private static (int Partition, long Offset, string Value) ToRecord(JsonNode record) =>
        ((int)record["partition"]!, (long)record["offset"]!, (string)record["text"]!);

    private async Task UpAsync()
    {
        try
        {
            await _broker.Up.WaitAsync(_end.Token);
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
