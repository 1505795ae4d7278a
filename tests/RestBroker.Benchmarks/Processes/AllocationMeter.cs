using System.Globalization;
using System.Net;

namespace RestBroker.Benchmarks.Processes;

/// <summary>Asks a server what it has allocated, and leaves out what the asking costs. Not thread-safe.</summary>
internal sealed class AllocationMeter(IPEndPoint server) : IDisposable
{
    private readonly HttpClient _client = new() { BaseAddress = new Uri($"http://{server}") };
    private double? _costOfAsking;
    private int _asked;

    public async Task<double> ReadAsync()
    {
        if (_costOfAsking is null)
        {
            await AskAsync();
            var first = await AskAsync();
            _costOfAsking = await AskAsync() - first;
        }

        return await AskAsync() - (_asked++ * _costOfAsking.Value);
    }

    public void Dispose() => _client.Dispose();

    private async Task<double> AskAsync()
    {
        var text = await _client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        var line = text.Split('\n').First(one => one.StartsWith(ServerProcess.AllocatedMetric, StringComparison.Ordinal));
        return double.Parse(line[ServerProcess.AllocatedMetric.Length..], CultureInfo.InvariantCulture);
    }
}
