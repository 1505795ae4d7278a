using RestBroker.Storage;
using RestBroker.Storage.Inspection;

namespace RestBroker.Server.Composition;

/// <summary>What is done to the data directory of a broker that does not run: <c>log verify|dump|repair</c>.</summary>
internal static class LogCommand
{
    public const int Sound = 0;
    public const int Damaged = 1;
    public const int Usage = 2;

    private const string Help =
        """
        Looks at the data directory of a stopped broker.

        Usage: RestBroker.Server log verify DIR
               RestBroker.Server log dump DIR [--topic T] [--partition P] [--from OFFSET] [--limit N]
               RestBroker.Server log repair DIR [--dry-run]

          verify   reads every record and checksum and holds indexes, seals and checkpoints against them; changes nothing
          dump     prints batches and records; changes nothing
          repair   does what the next start would do: torn ends are copied to the quarantine and cut, indexes made again,
                   damaged ranges left as gaps; deletes no record. --dry-run only says so

        Exit code: 0 sound or done, 1 damaged, 2 the directory or the command line cannot be used.
        """;

    public static bool IsAskedFor(string[] args) => args is ["log", ..];

    /// <summary>Runs a verb and returns the process's exit code.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        if (args is ["--help" or "-h" or "-?" or "help"] || args.Contains("--help"))
        {
            await output.WriteLineAsync(Help);
            return Sound;
        }

        try
        {
            switch (LogArguments.Parse(args))
            {
                case { Verb: "verify" } verify:
                    return LogVerify.Run(verify.Directory, output);
                case { Verb: "dump" } dump:
                    return LogDump.Run(dump, output);
                case { Verb: "repair" } repair:
                    return await RepairAsync(repair, output);
                default:
                    await error.WriteLineAsync(Help);
                    return Usage;
            }
        }
        catch (Exception e) when (e is FormatException or DataDirectoryException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(e.Message);
            return Usage;
        }
    }

    private static async Task<int> RepairAsync(LogArguments arguments, TextWriter output)
    {
        var done = await LogRepair.RunAsync(arguments.Directory, arguments.IsDryRun, CancellationToken.None);
        if (arguments.IsDryRun) await output.WriteLineAsync("Nothing was changed. A repair would say:");
        foreach (var line in done) await output.WriteLineAsync(line);
        if (done.Count == 0) await output.WriteLineAsync("There was nothing to do. Damage that 'log verify' may tell of stays as it is: readers get it as a gap.");
        return Sound;
    }
}
