using System.Net;

namespace RestBroker.Benchmarks.Processes;

/// <summary>The server that does the least, in a process of its own with the runtime's settings of the broker.</summary>
internal sealed class LimitServer : IDisposable
{
    private readonly ServerProcess _process;

    private LimitServer(ServerProcess process) => _process = process;

    public IPEndPoint EndPoint => _process.EndPoint;

    public ServerProcess Process => _process;

    public static async Task<LimitServer> StartAsync(string directory, IReadOnlyDictionary<string, string>? environment = null)
    {
        var program = typeof(LimitServer).Assembly.Location;
        var isServerGC = File.ReadAllText(Path.ChangeExtension(Broker.Metadata("ServerDll"), ".runtimeconfig.json"))
            .Contains("\"System.GC.Server\": true", StringComparison.Ordinal);
        var settings = new Dictionary<string, string>(environment ?? new Dictionary<string, string>()) { ["DOTNET_gcServer"] = isServerGC ? "1" : "0" };
        return new(await ServerProcess.StartAsync(program, [Limit.LimitProgram.Verb, directory], settings));
    }

    public void Dispose() => _process.Dispose();
}
