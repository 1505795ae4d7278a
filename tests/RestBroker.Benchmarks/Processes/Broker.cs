using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json.Nodes;
using RestBroker.Storage;

namespace RestBroker.Benchmarks.Processes;

/// <summary>The real broker as a process of its own.</summary>
internal sealed class Broker : IDisposable
{
    private const int SegmentsOfOthers = 200;

    private readonly ServerProcess _process;
    private readonly string _dataDirectory;
    private readonly HttpClient _client;

    private Broker(ServerProcess process, string dataDirectory)
    {
        (_process, _dataDirectory) = (process, dataDirectory);
        _client = new HttpClient { BaseAddress = new Uri($"http://{process.EndPoint}"), Timeout = TimeSpan.FromMinutes(5) };
    }

    /// <summary>
    /// So many logs can be written at once, a round number: each keeps a file open until it is synced, half of what a process may open is
    /// for them, and the broker's own and those of the other rows are among them.
    /// </summary>
    public static int MostPartitions => (int)Math.Min(10_000, (OpenSegments - SegmentsOfOthers) / 500 * 500);

    private static long OpenSegments => Math.Min(15_000, (Descriptors.Limit - DescriptorBudget.Reserve) / 2);

    public IPEndPoint EndPoint => _process.EndPoint;

    public ServerProcess Process => _process;

    public static string Metadata(string key) =>
        typeof(Broker).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;

    /// <param name="dataDirectory">Its data.</param>
    /// <param name="server">Another broker than the one that was built with this program.</param>
    /// <param name="environment">Further settings.</param>
    public static async Task<Broker> StartAsync(string dataDirectory, string? server = null, IEnumerable<KeyValuePair<string, string>>? environment = null)
    {
        // More logs are written at once, and more streams opened by one address, than a broker allows that was told nothing.
        var settings = new Dictionary<string, string>
        {
            ["RestBroker__DataDirectory"] = dataDirectory,
            ["RestBroker__MaxOpenSegments"] = OpenSegments.ToString(CultureInfo.InvariantCulture),
            ["RestBroker__MaxPartitions"] = "40000",
            ["RestBroker__MaxStreams"] = "20000",
            ["RestBroker__MaxStreamsPerAddress"] = "20000",
        };
        foreach (var (name, value) in environment ?? []) settings[name] = value;
        return new Broker(await ServerProcess.StartAsync(server ?? Metadata("ServerDll"), ["--urls", "http://127.0.0.1:0"], settings), dataDirectory);
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

    /// <summary>Where the first partition of a topic has its files.</summary>
    public async Task<string> PartitionDirectoryAsync(string topic) =>
        Path.Combine(_dataDirectory, "topics", JsonNode.Parse(await GetAsync($"/v1/topics/{topic}"))!["topicId"]!.GetValue<string>(), "0");

    /// <summary>Sends a body once.</summary>
    public async Task<string> PostAsync(string path, byte[] body, string contentType = "application/json")
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new(contentType) } };
        using var answer = await _client.PostAsync(new Uri(path, UriKind.Relative), content);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsStringAsync();
    }

    public Task<string> GetAsync(string path) => _client.GetStringAsync(new Uri(path, UriKind.Relative));

    public void Dispose()
    {
        _client.Dispose();
        _process.Dispose();
    }
}
