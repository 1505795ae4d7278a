namespace RestBroker.Cli.Consume;

/// <summary>What the command line asked for.</summary>
internal sealed record ConsumeRequest(string Topic)
{
    /// <summary>earliest, latest, -n or a time; the broker reads it.</summary>
    public string From { get; init; } = "latest";

    /// <summary>Empty: all.</summary>
    public IReadOnlyList<int> Partitions { get; init; } = [];

    public string? Group { get; init; }

    public string Member { get; init; } = "";

    /// <summary>In a group: nothing is committed or acknowledged; whoever reads what is printed does that.</summary>
    public bool IsManual { get; init; }

    public long MaxRecords { get; init; } = long.MaxValue;

    /// <summary>End after no record for so long.</summary>
    public TimeSpan? IdleExit { get; init; }

    public IReadOnlyList<Column> Columns { get; init; } = [];

    public bool AsJson { get; init; }
}
