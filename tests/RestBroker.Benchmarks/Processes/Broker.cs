using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Reflection;

namespace RestBroker.Benchmarks.Processes;

/// <summary>The real broker as a process of its own.</summary>
internal sealed class Broker : IDisposable
{
    private const string AllocatedMetric = "dotnet_gc_heap_total_allocated_bytes_total ";

    private readonly ServerProcess _process;
    private readonly HttpClient _client;
    private double? _costOfAsking;
    private int _asked;

    private Broker(ServerProcess process)
    {
        _process = process;
        _client = new HttpClient { BaseAddress = new Uri($"http://{process.EndPoint}"), Timeout = TimeSpan.FromMinutes(5) };
    }

    public IPEndPoint EndPoint => _process.EndPoint;

    public ServerProcess Process => _process;

    public static string Metadata(string key) =>
        typeof(Broker).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;

    /// <param name="dataDirectory">Its data.</param>
    /// <param name="server">Another broker than the one that was built with this program.</param>
    /// <param name="environment">Further settings.</param>
    public static async Task<Broker> StartAsync(string dataDirectory, string? server = null, IEnumerable<KeyValuePair<string, string>>? environment = null)
    {
        // More logs are written at once than segments are kept open by default.
        var settings = new Dictionary<string, string>(environment ?? [])
        {
            ["RestBroker__DataDirectory"] = dataDirectory,
            ["RestBroker__MaxOpenSegments"] = "9700",
        };
        return new Broker(await ServerProcess.StartAsync(server ?? Metadata("ServerDll"), ["--urls", "http://127.0.0.1:0"], settings));
    }

    /// <summary>Makes a topic. What it holds beyond <paramref name="maxBytes"/> is dropped, so that no run fills the disk.</summary>
    public Task CreateTopicAsync(string topic, int partitions = 1, bool isSynced = true, long maxBytes = 1 << 30)
    {
        var configs = new Dictionary<string, string>
        {
            ["durability"] = isSynced ? "fsync" : "async",
            ["segment.bytes"] = (256 << 20).ToString(CultureInfo.InvariantCulture),
            ["retention.bytes"] = maxBytes.ToString(CultureInfo.InvariantCulture),
        };
        return PutAsync($"/v1/topics/{topic}", new { partitionCount = partitions, configs });
    }

    /// <summary>Puts a body as JSON.</summary>
    public async Task PutAsync(string path, object body)
    {
        using var answer = await _client.PutAsJsonAsync(path, body);
        answer.EnsureSuccessStatusCode();
    }

    public async Task DeleteTopicAsync(string topic)
    {
        using var answer = await _client.DeleteAsync(new Uri($"/v1/topics/{topic}", UriKind.Relative));
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Sends a body once.</summary>
    public async Task<string> PostAsync(string path, byte[] body, string contentType = "application/json")
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new(contentType) } };
        using var answer = await _client.PostAsync(new Uri(path, UriKind.Relative), content);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsStringAsync();
    }

    public Task<string> GetAsync(string path) => _client.GetStringAsync(new Uri(path, UriKind.Relative));

    /// <summary>Bytes allocated so far, without those that asking for them has cost.</summary>
    public async Task<double> AllocatedBytesAsync()
    {
        if (_costOfAsking is null)
        {
            await ReadAllocatedAsync();
            var first = await ReadAllocatedAsync();
            _costOfAsking = await ReadAllocatedAsync() - first;
        }

        return await ReadAllocatedAsync() - (_asked++ * _costOfAsking.Value);
    }

    public void Dispose()
    {
        _client.Dispose();
        _process.Dispose();
    }

    private async Task<double> ReadAllocatedAsync()
    {
        var text = await GetAsync("/metrics");
        var line = text.Split('\n').First(one => one.StartsWith(AllocatedMetric, StringComparison.Ordinal));
        return double.Parse(line[AllocatedMetric.Length..], CultureInfo.InvariantCulture);
    }
}
