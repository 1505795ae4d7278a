using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RestBroker.Cli.Consume;

namespace RestBroker.Cli.Commands;

internal sealed class ConsumeOptions
{
    private static readonly string ColumnNames = string.Join(", ", Enum.GetNames<Column>()).ToLowerInvariant();

    public Argument<string> Topic { get; } = Parameters.Name("topic", "The topic.");

    public Option<bool> FromBeginning { get; } = Parameters.Flag("--from-beginning", "Start at the oldest record instead of the next new one.");

    public Option<string> From { get; } = Parameters.Text("--from", "TIME", "Start at a time (RFC 3339 or ms), at earliest or latest, or with the last n records of each partition (-n).");

    public Option<int[]> Partitions { get; } = new("--partition")
    {
        Description = "Read only these partitions: a number or a list with commas; may be repeated.",
        HelpName = "P",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = ParsePartitions,
    };

    public Option<string> Group { get; } = Parameters.NameOption("--group", "GROUP", "Share the topic with the group's other members and commit what is printed, or accept it in a shared group. A new group is partitioned and starts at --from.");

    public Option<string> Member { get; } = Parameters.NameOption("--member", "NAME", "This member's name in the group; one of its own if not given.");

    public Option<string> AckMode { get; } = CreateAckMode();

    public Option<int?> MaxMessages { get; } = Parameters.Number("--max-messages", "End after so many records.", 1);

    public Option<double?> IdleExit { get; } = new("--idle-exit", "--timeout")
    {
        Description = "End with exit code 0 after no record for so long.",
        HelpName = "SECONDS",
        CustomParser = ParseSeconds,
    };

    public Option<Column[]> Print { get; } = new("--print")
    {
        Description = $"Columns before the value, separated by tabs, in this order: any of {ColumnNames}.",
        HelpName = "a,b",
        CustomParser = ParseColumns,
        DefaultValueFactory = _ => [],
    };

    public Option<bool> AsJson { get; } = Parameters.Flag("--json", "One JSON object per record and line, as the API sends it.");

    public void Check(CommandResult result)
    {
        if (result.GetResult(FromBeginning) is not null && result.GetResult(From) is not null) result.AddError("--from-beginning and --from exclude each other.");
        if (result.GetResult(AsJson) is not null && result.GetResult(Print) is { Implicit: false }) result.AddError("--json and --print exclude each other.");
        if (result.GetResult(Group) is not null && result.GetResult(Partitions) is not null) result.AddError("--group and --partition exclude each other: the group assigns partitions.");
        if (result.GetResult(Group) is null && result.GetResult(Member) is not null) result.AddError("--member needs --group.");
        if (result.GetResult(Group) is null && result.GetResult(AckMode) is { Implicit: false }) result.AddError("--ack-mode needs --group.");
    }

    public ConsumeRequest Read(ParseResult parsed) => new(parsed.GetRequiredValue(Topic))
    {
        From = parsed.GetValue(FromBeginning) ? "earliest" : parsed.GetValue(From) ?? "latest",
        Partitions = parsed.GetValue(Partitions) ?? [],
        Group = parsed.GetValue(Group),
        Member = parsed.GetValue(Member) ?? NewMemberName(),
        IsManual = parsed.GetValue(AckMode) == "manual",
        MaxRecords = parsed.GetValue(MaxMessages) ?? long.MaxValue,
        IdleExit = parsed.GetValue(IdleExit) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        Columns = parsed.GetValue(Print)!,
        AsJson = parsed.GetValue(AsJson),
    };

    private static Option<string> CreateAckMode()
    {
        var option = new Option<string>("--ack-mode")
        {
            Description = "auto: what is printed is committed, or in a shared group accepted. manual: nothing is; print the receipts and use 'groups ack'.",
            HelpName = "auto|manual",
            DefaultValueFactory = _ => "auto",
        };
        option.AcceptOnlyFromAmong("auto", "manual");
        return option;
    }

    // Two processes with one name would fence each other; in containers even host and process id can be the same.
    private static string NewMemberName() => $"cli-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}";

    private static int[] ParsePartitions(ArgumentResult result)
    {
        var partitions = new SortedSet<int>();
        foreach (var text in result.Tokens.SelectMany(token => token.Value.Split(',')))
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var partition)) partitions.Add(partition);
            else result.AddError($"'{text}' is not a partition.");
        }
        return [.. partitions];
    }

    private static double? ParseSeconds(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds <= int.MaxValue) return seconds;
        result.AddError($"--idle-exit: '{text}' is not a number of seconds.");
        return null;
    }

    private static Column[] ParseColumns(ArgumentResult result)
    {
        var names = result.Tokens[^1].Value.Split(',');
        var columns = new List<Column>();
        // The value is always the last column; to name it there is no mistake.
        foreach (var name in names[^1] == "value" ? names[..^1] : names)
        {
            if (name.All(char.IsAsciiLetterLower) && Enum.TryParse<Column>(name, ignoreCase: true, out var column)) columns.Add(column);
            else result.AddError($"'{name}' is not a column; there are {ColumnNames}.");
        }
        return [.. columns];
    }
}
