using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace RestBroker.Benchmarks.Processes;

/// <summary>A server in a process of its own, on a port that is free.</summary>
internal sealed partial class ServerProcess : IDisposable
{
    /// <summary>How a server's <c>/metrics</c> begin to tell what it has allocated.</summary>
    public const string AllocatedMetric = "dotnet_gc_heap_total_allocated_bytes_total ";

    private const int Terminate = 15;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly AllocationMeter _allocation;
    private readonly PosixSignalRegistration[] _signals;

    private ServerProcess(Process process, IPEndPoint endPoint, TimeSpan startTime)
    {
        (_process, EndPoint, StartTime) = (process, endPoint, startTime);
        _allocation = new AllocationMeter(endPoint);
        // Whatever ends this program ends the servers too.
        _signals = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, _ => End()))];
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>From the start of the process to the line that says where it listens.</summary>
    public TimeSpan StartTime { get; }

    public double CpuSeconds => ProcessClock.CpuSeconds(_process.Id);

    public long ResidentBytes => ProcessClock.ResidentBytes(_process.Id);

    /// <summary>Bytes allocated so far on its managed heap, without those that asking for them has cost.</summary>
    public double AllocatedBytes => _allocation.ReadAsync().GetAwaiter().GetResult();

    /// <summary>Starts a program of .NET and returns when it listens.</summary>
    public static async Task<ServerProcess> StartAsync(string dll, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet", [dll, .. arguments]) { RedirectStandardOutput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var began = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (ListeningAt().Match(line) is not { Success: true } match) continue;
            var took = Stopwatch.GetElapsedTime(began);
            // Nobody else reads the pipe: a full one would stop the server.
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            return new ServerProcess(process, IPEndPoint.Parse(match.Groups[1].Value), took);
        }

        throw new InvalidOperationException($"{Path.GetFileName(dll)} ended before it listened.");
    }

    /// <summary>Asks it to end and waits.</summary>
    public async Task StopAsync()
    {
        _ = Kill(_process.Id, Terminate);
        await _process.WaitForExitAsync();
    }

    /// <summary>Ends it without a word.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        _allocation.Dispose();
        End();
        _process.Dispose();
    }

    private void End()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
    }

    [GeneratedRegex(@"http://(127\.0\.0\.1:[1-9]\d*)")]
    private static partial Regex ListeningAt();

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
