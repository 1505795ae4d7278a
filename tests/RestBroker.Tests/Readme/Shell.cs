using System.Diagnostics;
using System.Text;

namespace RestBroker.Tests.Readme;

/// <summary>Runs commands in bash, in a session of their own, so that what they leave in the background ends with them.</summary>
internal sealed class Shell : IAsyncDisposable
{
    private readonly Process _bash;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object _lock = new();
    private Func<string, bool>? _awaited;
    private TaskCompletionSource<string>? _found;
    private int _open = 2;

    private Shell(string commands, string directory, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("setsid", ["bash", "-e", "-c", $"exec 2>&1 </dev/null\n{commands}"])
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        // The test host's own settings are not the reader's.
        foreach (var name in start.Environment.Keys.Where(IsOfTheTestHost).ToList()) start.Environment.Remove(name);
        _bash = new Process { StartInfo = start, EnableRaisingEvents = true };
        _bash.Exited += (_, _) => _exited.TrySetResult();
        _bash.OutputDataReceived += (_, line) => Take(line.Data);
        _bash.ErrorDataReceived += (_, line) => Take(line.Data);
    }

    public string Output
    {
        get { lock (_lock) return _output.ToString(); }
    }

    public static Shell Start(string commands, string directory, IReadOnlyDictionary<string, string> environment)
    {
        var shell = new Shell(commands, directory, environment);
        shell._bash.Start();
        shell._bash.BeginOutputReadLine();
        shell._bash.BeginErrorReadLine();
        return shell;
    }

    /// <summary>The exit code once bash has ended, and with it what it left in the background; null where it took too long.</summary>
    public async Task<int?> EndAsync(TimeSpan patience)
    {
        try
        {
            await _exited.Task.WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            return null;
        }

        Signal("KILL");
        await _bash.WaitForExitAsync();
        return _bash.ExitCode;
    }

    /// <summary>The first line of the output that is looked for; it need not have come yet.</summary>
    public async Task<string> LineAsync(Func<string, bool> isLookedFor, TimeSpan patience)
    {
        Task<string> found;
        lock (_lock)
        {
            if (Array.Find(_output.ToString().Split('\n'), line => isLookedFor(line)) is { } already) return already;
            _awaited = isLookedFor;
            _found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            found = _found.Task;
        }

        var first = await Task.WhenAny(found, _ended.Task).WaitAsync(patience);
        Assert.True(first == found, $"The command ended without the line that was looked for:\n{Output}");
        return await found;
    }

    /// <summary>As Ctrl-C does: to everything that was started here.</summary>
    public void Interrupt() => Signal("INT");

    public async ValueTask DisposeAsync()
    {
        Signal("KILL");
        await _bash.WaitForExitAsync();
        _bash.Dispose();
    }

    private static bool IsOfTheTestHost(string name) =>
        name.StartsWith("VSTEST", StringComparison.Ordinal) || name.StartsWith("MSBuild", StringComparison.Ordinal)
        || name is "DOTNET_HOST_PATH" or "ASPNETCORE_ENVIRONMENT" or "DOTNET_ENVIRONMENT";

    private void Signal(string signal)
    {
        using var kill = Process.Start("bash", ["-c", $"kill -{signal} -- -{_bash.Id} 2>/dev/null || true"]);
        kill.WaitForExit();
    }

    private void Take(string? line)
    {
        lock (_lock)
        {
            if (line is null)
            {
                if (--_open == 0) _ended.TrySetResult();
                return;
            }

            _output.Append(line).Append('\n');
            if (_awaited?.Invoke(line) is true) _found!.TrySetResult(line);
        }
    }
}
