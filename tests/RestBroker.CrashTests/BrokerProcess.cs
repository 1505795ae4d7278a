using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace RestBroker.CrashTests;

/// <summary>The real broker in a process of its own, to be killed and started again over the same directory and port.</summary>
internal sealed partial class BrokerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restbroker-crash-");
    private Process? _process;
    private TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Uri Address { get; private set; } = new("http://127.0.0.1:0");

    public string DataDirectory
    {
        get => field ??= Path.Combine(_directory.FullName, "data");
        init;
    }

    /// <summary>A program and its arguments that run the broker's command line, which must keep their process id.</summary>
    public string[] Wrapper { get; set; } = [];

    /// <summary>Further settings.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    public int ProcessId => _process!.Id;

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>Ends when the broker answers, at once if it does.</summary>
    public Task Up => _up.Task;

    public static string ServerDll => Metadata("ServerDll");

    public static string CliDll => Metadata("CliDll");

    public static async Task<BrokerProcess> StartNewAsync()
    {
        var broker = new BrokerProcess();
        await broker.StartAsync();
        return broker;
    }

    /// <summary>Starts the broker, on the port it had before if it ran before, and returns once it answers.</summary>
    public async Task StartAsync()
    {
        string[] command = [.. Wrapper, "dotnet", ServerDll, "--urls", Address.ToString()];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true };
        start.Environment["RestBroker__DataDirectory"] = DataDirectory;
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        while (await _process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (ListeningAt().Match(line) is not { Success: true } match) continue;
            Address = new Uri(match.Value);
            Client.BaseAddress ??= Address;
            // Nobody else reads the pipe: a full one would stop the broker.
            _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            _up.TrySetResult();
            return;
        }

        throw new InvalidOperationException($"The broker ended with {_process.ExitCode} before it listened.");
    }

    /// <summary>SIGKILL: nothing is flushed, nothing is said.</summary>
    public async Task KillAsync()
    {
        _up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>SIGSTOP; returns once no thread of the broker runs any more. Only <see cref="KillAsync"/> comes after it.</summary>
    public void Stop()
    {
        _ = kill(_process!.Id, 19);
        SpinWait.SpinUntil(() => Directory.GetDirectories($"/proc/{_process.Id}/task").All(IsStill), Patience);
    }

    // Stopped, or in a call of the disk from which it will not come back to its program.
    private static bool IsStill(string task)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(task, "stat"));
            return stat[stat.LastIndexOf(')') + 2] is 'T' or 't' or 'D' or 'Z' or 'X';
        }
        catch (IOException)
        {
            return true; // it has ended
        }
    }

    /// <summary>Returns once the broker has ended of itself.</summary>
    public async Task EndedAsync()
    {
        _up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var patience = new CancellationTokenSource(Patience);
        await _process!.WaitForExitAsync(patience.Token);
        _process.Dispose();
        _process = null;
    }

    /// <summary>SIGTERM, as a supervisor stops a service; the exit code.</summary>
    public async Task<int> StopAsync()
    {
        _up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = kill(_process!.Id, 15);
        await _process.WaitForExitAsync();
        var exitCode = _process.ExitCode;
        _process.Dispose();
        _process = null;
        return exitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await KillAsync();
        Client.Dispose();
        _directory.Delete(recursive: true);
    }

    private static string Metadata(string key) =>
        typeof(BrokerProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;

    [GeneratedRegex(@"http://127\.0\.0\.1:[1-9]\d*")]
    private static partial Regex ListeningAt();

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);
}
