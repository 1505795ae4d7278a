using System.Diagnostics;

namespace RestBroker.CrashTests;

/// <summary>The console tool in a process of its own.</summary>
internal static class Cli
{
    /// <summary>Runs it to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(Uri server, params string[] arguments)
    {
        using var process = Start(server, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Starts it; the caller reads and ends it.</summary>
    public static Process Start(Uri server, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [BrokerProcess.CliDll, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["RESTBROKER_URL"] = server.ToString();
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }
}
