using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RestBroker.CrashTests.Live;

/// <summary>Watches the system calls of a running broker, or makes some fail. Needs strace and the right to use it.</summary>
internal sealed class SystemCalls : IAsyncDisposable
{
    private readonly Process _strace;
    private readonly string _trace = Path.GetTempFileName();

    private SystemCalls(int processId, string[] options)
    {
        var start = new ProcessStartInfo("strace", ["-f", "-y", "-s", "64", "-o", _trace, .. options, "-p", processId.ToString(null as IFormatProvider)])
        {
            RedirectStandardError = true,
        };
        _strace = Process.Start(start)!;
    }

    /// <summary>Why this machine cannot; null where it can.</summary>
    public static string? Obstacle { get; } = FindObstacle();

    /// <summary>Returns once every thread of the process is watched.</summary>
    public static async Task<SystemCalls> AttachAsync(int processId, params string[] options)
    {
        var calls = new SystemCalls(processId, options);
        var line = await calls._strace.StandardError.ReadLineAsync();
        if (line?.Contains("attached", StringComparison.Ordinal) == true) return calls;
        await calls.DisposeAsync();
        throw new InvalidOperationException(line);
    }

    /// <summary>Lets the process go; what was seen, a line a call.</summary>
    public async Task<string[]> DetachAsync()
    {
        _ = kill(_strace.Id, 2);
        await _strace.WaitForExitAsync();
        return await File.ReadAllLinesAsync(_trace);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_strace.HasExited) await DetachAsync();
        _strace.Dispose();
        File.Delete(_trace);
    }

    private static string? FindObstacle()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("strace", ["-f", "-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true"]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"This machine does not let strace inject: {process.StandardError.ReadToEnd().Trim()}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "This machine has no strace.";
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);
}

/// <summary>A test that looks at system calls. Where the machine cannot, it says so and counts as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SystemCallFactAttribute : FactAttribute
{
    public SystemCallFactAttribute() => Skip = SystemCalls.Obstacle;
}
