using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Tail;

/// <summary>Writes as many records as it is let, one after the other, whatever happens to the broker.</summary>
internal sealed class PacedWriter : IAsyncDisposable
{
    private readonly SemaphoreSlim _permits = new(0);
    private readonly CancellationTokenSource _end = new();
    private readonly BrokerProcess _broker;
    private readonly string _topic;
    private readonly int _partitions;
    private readonly Task _writing;

    public PacedWriter(BrokerProcess broker, string topic, int partitions)
    {
        (_broker, _topic, _partitions) = (broker, topic, partitions);
        _writing = WriteAsync();
    }

    public HistoryChecker History { get; } = new();

    /// <summary>Lets it write so many records more.</summary>
    public void Allow(int count) => _permits.Release(count);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _writing;
        _permits.Dispose();
    }

    private async Task WriteAsync()
    {
        using var client = new HttpClient { BaseAddress = _broker.Address };
        try
        {
            for (var i = 0; ; i++)
            {
                await _permits.WaitAsync(_end.Token);
                await WriteAsync(client, i);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task WriteAsync(HttpClient client, int number)
    {
        var value = number.ToString(CultureInfo.InvariantCulture);
        History.Sent("writer", value);
        try
        {
            var records = new { records = new[] { new { partition = number % _partitions, text = value } } };
            using var answer = await client.PostAsJsonAsync($"/v1/topics/{_topic}/records", records, CancellationToken.None);
            if (!answer.IsSuccessStatusCode) return;
            var receipt = JsonNode.Parse(await answer.Content.ReadAsStringAsync(CancellationToken.None))!["results"]![0]!;
            History.Acked(value, (int)receipt["partition"]!, (long)receipt["offset"]!);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException)
        {
            // The record may be there or not.
            await _broker.Up.WaitAsync(_end.Token);
        }
    }
}
