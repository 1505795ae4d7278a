using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Live;

/// <summary>
/// A client that sends each request until it is answered 200, with an idempotency key or with a producer's numbers, and then the next. Now
/// and then it asks again for what it was answered: the receipts must be the same.
/// </summary>
internal abstract class RetryingClient(BrokerProcess broker, Uri address, string topic, int number, int seed) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = address };
    private (HttpRequestMessage Request, string Receipts)? _last;

    public int Retries { get; private set; }

    protected Random Random { get; } = new(seed);

    protected BrokerProcess Broker => broker;

    protected string Topic => topic;

    protected string Name => $"client-{number}";

    protected int Count { get; private set; }

    public void Dispose() => _http.Dispose();

    /// <summary>Goes on until told to end, and then to the end of the request under way.</summary>
    public async Task RunAsync(HistoryChecker history, ChannelWriter<bool> acked, CancellationToken end)
    {
        for (; !end.IsCancellationRequested; Count++)
        {
            var values = Enumerable.Range(0, Random.Next(1, 5)).Select(i => $"{Name} {Count}.{i}").ToArray();
            foreach (var value in values) history.Sent(Name, value);
            var request = await BeginAsync(values);
            var receipts = (await SendUntilAnsweredAsync(request))["results"]!.AsArray();
            for (var i = 0; i < values.Length; i++) history.Acked(values[i], (int)receipts[i]!["partition"]!, (long)receipts[i]!["offset"]!);
            if (_last is { } last && Random.Next(10) == 0) await AskAgainAsync(last.Request, last.Receipts);
            _last = (request, receipts.ToJsonString());
            acked.TryWrite(true);
        }
    }

    /// <summary>What was answered so far need not be answered again.</summary>
    protected void Forget() => _last = null;

    /// <summary>The next request.</summary>
    protected abstract Task<HttpRequestMessage> BeginAsync(string[] values);

    /// <summary>Sends until there is a whole answer, and one that is not "not now".</summary>
    private async Task<JsonNode> SendUntilAnsweredAsync(HttpRequestMessage request)
    {
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync();
        while (true)
        {
            try
            {
                using var attempt = new HttpRequestMessage(request.Method, request.RequestUri) { Headers = { ConnectionClose = true } };
                if (body is not null) attempt.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
                foreach (var header in request.Headers) attempt.Headers.TryAddWithoutValidation(header.Key, header.Value);
                using var answer = await _http.SendAsync(attempt);
                var text = await answer.Content.ReadAsStringAsync();
                if (answer.IsSuccessStatusCode) return JsonNode.Parse(text)!;
                // Running: another delivery of this very request. Shutting down: ask again. All else is a fault of the broker.
                if (answer.StatusCode is not HttpStatusCode.ServiceUnavailable && !text.Contains("idempotency-key-in-use", StringComparison.Ordinal))
                    throw new InvalidOperationException($"{request.RequestUri}: {(int)answer.StatusCode} {text}");
            }
            catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException)
            {
                await broker.Up.WaitAsync(TimeSpan.FromSeconds(60));
            }

            Retries++;
        }
    }

    private async Task AskAgainAsync(HttpRequestMessage request, string receipts)
    {
        Retries++;
        var again = await SendUntilAnsweredAsync(request);
        if (!(bool)again["duplicate"]! || again["results"]!.ToJsonString() != receipts)
            throw new InvalidOperationException($"{request.RequestUri} was answered {receipts}, and then {again.ToJsonString()}");
    }
}

/// <summary>Requests of several keys, and so of several partitions, each with a name of its own.</summary>
internal sealed class KeyedClient(BrokerProcess broker, Uri address, string topic, int number, int seed)
    : RetryingClient(broker, address, topic, number, seed)
{
    protected override Task<HttpRequestMessage> BeginAsync(string[] values)
    {
        var records = values.Select(value => Random.Next(4) == 0 ? (object)new { text = value } : new { key = $"key-{Random.Next(20)}", text = value });
        var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/topics/{Topic}/records") { Content = JsonContent.Create(new { records }) };
        request.Headers.Add("Idempotency-Key", $"{Name}-{Count}");
        return Task.FromResult(request);
    }
}

/// <summary>Numbered requests to one partition; now and then under a new epoch.</summary>
internal sealed class NumberedClient(BrokerProcess broker, Uri address, string topic, int number, int seed)
    : RetryingClient(broker, address, topic, number, seed)
{
    private readonly int _partition = number % 3;
    private JsonNode? _state;
    private int _sequence;

    protected override async Task<HttpRequestMessage> BeginAsync(string[] values)
    {
        if (_state is null || Random.Next(100) == 0) await RenewAsync();
        var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/topics/{Topic}/partitions/{_partition}/records")
        {
            Content = JsonContent.Create(new { records = values.Select(text => new { text }) }),
        };
        request.Headers.Add("Producer-Id", $"{_state!["producerId"]}");
        request.Headers.Add("Producer-Epoch", $"{_state["epoch"]}");
        request.Headers.Add("Producer-Seq", $"{_sequence}");
        _sequence += values.Length;
        return request;
    }

    // These calls are not for sending twice, so they do not go by the network that doubles them. Whether a raise whose answer was lost
    // has happened is asked for.
    private async Task RenewAsync()
    {
        var path = _state is null ? "/v1/producers" : $"/v1/producers/{_state["producerId"]}/epoch";
        var answer = await AskDirectlyAsync(HttpMethod.Post, path);
        if ((answer ?? _state) is { } known)
        {
            while ((_state = await AskDirectlyAsync(HttpMethod.Get, $"/v1/producers/{known["producerId"]}?topic={Topic}&partition={_partition}")) is null)
            {
                // The broker is being started.
            }

            _sequence = (int)_state["nextSequence"]!;
            Forget();
        }
        else
        {
            await RenewAsync(); // nobody knows which id it was: another
        }
    }

    private async Task<JsonNode?> AskDirectlyAsync(HttpMethod method, string path)
    {
        try
        {
            await Broker.Up.WaitAsync(TimeSpan.FromSeconds(60));
            using var request = new HttpRequestMessage(method, path);
            using var answer = await Broker.Client.SendAsync(request);
            return JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is HttpRequestException { StatusCode: null } or IOException)
        {
            return null;
        }
    }
}
