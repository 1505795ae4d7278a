using System.Globalization;

namespace RestBroker.Server.Composition;

/// <summary>The command line behind <c>log</c>.</summary>
internal sealed record LogArguments
{
    public required string Verb { get; init; }

    public required string Directory { get; init; }

    public string? Topic { get; init; }

    public int? Partition { get; init; }

    public long From { get; init; }

    public long Limit { get; init; } = long.MaxValue;

    public bool IsDryRun { get; init; }

    /// <summary>Null where there is no verb or no directory.</summary>
    /// <exception cref="FormatException">An option that the verb has not got, or a number that is none.</exception>
    public static LogArguments? Parse(string[] args)
    {
        if (args is not [("verify" or "dump" or "repair") and var verb, var directory, .. var rest] || directory.StartsWith('-')) return null;
        var parsed = new LogArguments { Verb = verb, Directory = directory };
        for (var i = 0; i < rest.Length; i++)
        {
            if ((verb, rest[i]) == ("repair", "--dry-run"))
            {
                parsed = parsed with { IsDryRun = true };
                continue;
            }

            if (verb != "dump") throw new FormatException($"'log {verb}' has no option '{rest[i]}'. See log --help.");
            parsed = parsed.With(rest[i], i + 1 < rest.Length ? rest[++i] : throw new FormatException($"'{rest[i]}' needs a value."));
        }

        return parsed;
    }

    private LogArguments With(string option, string value) => option switch
    {
        "--topic" => this with { Topic = value },
        "--partition" => this with { Partition = (int)Number(option, value, int.MaxValue) },
        "--from" => this with { From = Number(option, value, long.MaxValue) },
        "--limit" => this with { Limit = Number(option, value, long.MaxValue) },
        _ => throw new FormatException($"'log dump' has no option '{option}'. See log --help."),
    };

    private static long Number(string option, string value, long most) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most
            ? number
            : throw new FormatException($"'{option}' takes a number from 0 on, not '{value}'.");
}
