using System.Diagnostics;

namespace RestBroker.CrashTests.Tail;

/// <summary>A program that nobody here wrote, or that knows nothing of the broker, and the lines that it prints.</summary>
internal sealed class ForeignClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly List<string> _lines = [];

    public ForeignClient(string program, params string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
    }

    /// <summary>What it printed so far.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Returns when it has printed so many lines in all.</summary>
    public async Task ReadAsync(int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (_lines.Count < count)
            _lines.Add(await _process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException($"It ended after {_lines.Count} lines."));
    }

    /// <summary>Returns when it has ended, with what it printed.</summary>
    public async Task<IReadOnlyList<string>> EndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await _process.StandardOutput.ReadLineAsync(patience.Token) is { } line) _lines.Add(line);
        await _process.WaitForExitAsync(patience.Token);
        Assert.Equal(0, _process.ExitCode);
        return _lines;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
