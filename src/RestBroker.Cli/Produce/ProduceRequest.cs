namespace RestBroker.Cli.Produce;

internal enum ValueFormat
{
    Text,
    Json,
    Raw,
}

/// <summary>What the command line asked for.</summary>
internal sealed record ProduceRequest(string Topic, ValueFormat Format)
{
    public int? Partition { get; init; }

    /// <summary>One key for all records.</summary>
    public string? Key { get; init; }

    public string? KeySeparator { get; init; }

    public int? KeyField { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Null: standard input.</summary>
    public string? File { get; init; }

    public long SkipLines { get; init; }

    public KeyRule Keys => (Key, KeySeparator, KeyField) switch
    {
        ({ } key, _, _) => KeyRule.Constant(key),
        (_, { } separator, _) => KeyRule.BeforeSeparator(separator),
        (_, _, { } number) => KeyRule.Field(number),
        _ => KeyRule.None,
    };
}
