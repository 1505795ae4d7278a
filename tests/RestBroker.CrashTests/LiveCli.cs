using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RestBroker.CrashTests;

/// <summary>The console tool while it runs: what it printed so far, and its end.</summary>
internal sealed class LiveCli : IAsyncDisposable
{
    private const int Interrupt = 2;
    private const int StopSignal = 19;
    private const int ContinueSignal = 18;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly PrintedLines _output = new();
    private readonly PrintedLines _errors = new();

    private LiveCli(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => _output.Add(line.Data);
        process.ErrorDataReceived += (_, line) => _errors.Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public IReadOnlyList<string> Output => _output.Lines;

    public IReadOnlyList<string> Errors => _errors.Lines;

    public static LiveCli Start(Uri server, string commandLine)
    {
        var start = new ProcessStartInfo("dotnet", [BrokerProcess.CliDll, .. commandLine.Split(' ')])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["RESTBROKER_URL"] = server.ToString();
        return new LiveCli(Process.Start(start)!);
    }

    /// <summary>Runs the tool to its end.</summary>
    public static async Task AssertSucceedsAsync(Uri server, string commandLine)
    {
        await using var tool = Start(server, commandLine);
        var exitCode = await tool.EndAsync();
        Assert.True(exitCode == 0, $"restbroker {commandLine} ended with {exitCode}: {string.Join('\n', tool.Errors)}");
    }

    /// <summary>SIGSTOP: it stands still, whatever time it is.</summary>
    public void Stop() => _ = kill(_process.Id, StopSignal);

    /// <summary>SIGCONT: it goes on as if nothing had been.</summary>
    public void Continue() => _ = kill(_process.Id, ContinueSignal);

    /// <summary>Waits until what several have printed together is enough.</summary>
    public static async Task WaitForOutputAsync(IReadOnlyList<LiveCli> tools, Func<IReadOnlySet<string>, bool> isEnough)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var changes = tools.Select(tool => tool._output.Change).ToList();
            if (isEnough(tools.SelectMany(tool => tool.Output).ToHashSet())) return;
            await Task.WhenAny(changes).WaitAsync(patience.Token);
        }
    }

    public async Task TypeAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    public Task WaitForOutputAsync(int lines) => _output.WaitAsync(printed => printed.Count >= lines, _process, Patience);

    public Task WaitForErrorAsync(string part) =>
        _errors.WaitAsync(printed => printed.Any(line => line.Contains(part, StringComparison.Ordinal)), _process, Patience);

    /// <summary>Ctrl-C.</summary>
    public async Task<int> InterruptAsync()
    {
        _ = kill(_process.Id, Interrupt);
        return await EndAsync();
    }

    /// <summary>The end of its input, then its own.</summary>
    public async Task<int> EndAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);

    private sealed class PrintedLines
    {
        private readonly Lock _lock = new();
        private readonly List<string> _lines = [];
        private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<string> Lines
        {
            get { lock (_lock) return [.. _lines]; }
        }

        /// <summary>Ends with the next line.</summary>
        public Task Change
        {
            get { lock (_lock) return _change.Task; }
        }

        public void Add(string? line)
        {
            lock (_lock)
            {
                if (line is not null) _lines.Add(line);
                _change.TrySetResult();
                _change = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public async Task WaitAsync(Func<List<string>, bool> isEnough, Process process, TimeSpan patience)
        {
            var deadline = DateTime.UtcNow + patience;
            while (true)
            {
                Task change;
                lock (_lock)
                {
                    if (isEnough(_lines)) return;
                    change = _change.Task;
                }
                await change.WaitAsync(deadline - DateTime.UtcNow);
                if (process.HasExited && process.ExitCode != 0) throw new InvalidOperationException($"The tool ended with {process.ExitCode}.");
            }
        }
    }
}
