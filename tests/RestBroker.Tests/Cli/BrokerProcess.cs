using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RestBroker.Tests.Cli;

/// <summary>A broker in a process of its own on a fixed port, so that it can be killed and started again where clients look for it.</summary>
internal sealed class BrokerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _data = new();
    private readonly int _port = FindPort();
    private Process? _process;

    public string Url => $"http://127.0.0.1:{_port}";

    public static async Task<BrokerProcess> StartAsync()
    {
        var broker = new BrokerProcess();
        await broker.StartAgainAsync();
        return broker;
    }

    public async Task StartAgainAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "RestBroker.Server.dll"), "--urls", Url])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["RestBroker__DataDirectory"] = _data.Path;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await WaitUntilReadyAsync(_process);
    }

    /// <summary>As <c>kill -9</c> does it.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _data.Dispose();
    }

    private async Task WaitUntilReadyAsync(Process process)
    {
        using var client = new HttpClient { BaseAddress = new Uri(Url) };
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            if (process.HasExited) throw new InvalidOperationException($"The broker ended with {process.ExitCode}.");
            try
            {
                using var answer = await client.GetAsync("/readyz", patience.Token);
                if (answer.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet; the kernel tells at once, so ask again a little later.
            }
            await Task.Delay(50, patience.Token);
        }
    }

    private static int FindPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
