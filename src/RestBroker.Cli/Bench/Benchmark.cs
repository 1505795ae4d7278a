using System.Collections.Concurrent;
using RestBroker.Cli.Client;
using RestBroker.Cli.Consume;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Bench;

/// <summary>Measures what a client of the REST API sees: whole requests, acknowledged records. Nothing is retried.</summary>
internal sealed class Benchmark(BrokerClient client, BenchPlan plan)
{
    private const int WaitSeconds = 10;

    private readonly string _path = $"v1/topics/{ResourceName.Escape(plan.Topic)}";

    /// <summary>Answers where the records of this run will begin.</summary>
    public async Task<string> PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await FindEndAsync(cancellationToken);
        }
        catch (ApiException e) when (e.Problem.Status == 404)
        {
            (await client.SendAsync(new BrokerRequest(HttpMethod.Put, _path), cancellationToken)).Dispose();
            return await FindEndAsync(cancellationToken);
        }
    }

    public async Task<BenchResult> ProduceAsync(CancellationToken cancellationToken)
    {
        var latencies = new ConcurrentBag<TimeSpan>();
        var body = plan.CreateBody(plan.Batch);
        var left = plan.Records;
        var started = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, plan.Connections).Select(_ => SendAsync()));
        return new BenchResult(plan.Records, (long)plan.Records * plan.Size, TimeProvider.System.GetElapsedTime(started), latencies);

        async Task SendAsync()
        {
            while (Interlocked.Add(ref left, -plan.Batch) is var rest && rest > -plan.Batch)
            {
                var part = rest >= 0 ? body : plan.CreateBody(plan.Batch + rest);
                var sent = TimeProvider.System.GetTimestamp();
                (await client.SendAsync(new BrokerRequest(HttpMethod.Post, $"{_path}/records") { Body = part }, cancellationToken)).Dispose();
                latencies.Add(TimeProvider.System.GetElapsedTime(sent));
            }
        }
    }

    public async Task<BenchResult> ConsumeAsync(string start, CancellationToken cancellationToken)
    {
        var latencies = new List<TimeSpan>();
        var (cursor, count, bytes) = (start, 0L, 0L);
        var started = TimeProvider.System.GetTimestamp();
        while (count < plan.Records)
        {
            var asked = TimeProvider.System.GetTimestamp();
            using var page = await FetchAsync($"cursor={Uri.EscapeDataString(cursor)}&wait={WaitSeconds}&limit=10000&maxBytes=4194304", cancellationToken);
            latencies.Add(TimeProvider.System.GetElapsedTime(asked));
            if (page.Records.Count == 0) throw new CommandFailedException($"only {Wording.Count(count)} of {Wording.Count(plan.Records)} records came back.");
            count += page.Records.Count;
            // Less the two quotes of the JSON string: letters have no escapes.
            bytes += page.Records.Sum(record => (long)record.Value.Json.Length - 2);
            cursor = page.Cursor!;
        }
        return new BenchResult(count, bytes, TimeProvider.System.GetElapsedTime(started), latencies);
    }

    private async Task<string> FindEndAsync(CancellationToken cancellationToken)
    {
        using var page = await FetchAsync("from=latest&wait=0&limit=1", cancellationToken);
        return page.Cursor!;
    }

    private async Task<FetchPage> FetchAsync(string query, CancellationToken cancellationToken)
    {
        var call = BrokerRequest.Get($"{_path}/records?{query}").WaitingFor(WaitSeconds);
        return FetchPageReader.Read(await client.SendAsync(call, cancellationToken));
    }
}
