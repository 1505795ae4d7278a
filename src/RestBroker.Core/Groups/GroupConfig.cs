namespace RestBroker.Core.Groups;

/// <summary>The bounds of consumer groups.</summary>
public sealed record GroupConfig
{
    /// <summary>The shortest lease, in seconds.</summary>
    public const int MinLeaseSeconds = 1;

    /// <summary>The longest lease, in seconds.</summary>
    public const int MaxLeaseSeconds = 3600;

    /// <summary>The lease of a group that asks for none, in seconds.</summary>
    public const int DefaultLeaseSeconds = 30;

    /// <summary>How often a shared group gives a record out, unless it says otherwise; Kafka's.</summary>
    public const int DefaultMaxDeliveries = 5;

    /// <summary>The most that a shared group may ask for.</summary>
    public const int GreatestMaxDeliveries = 1_000;

    /// <summary>The longest delay of a released record, in seconds.</summary>
    public const int MaxDelaySeconds = 86_400;

    /// <summary>Records of one partition of a shared group that are given out and not done with; Kafka's.</summary>
    public int MaxInFlight { get; init; } = 2_000;

    /// <summary>Groups of one broker.</summary>
    public int MaxGroups { get; init; } = 10_000;

    /// <summary>Members of one group.</summary>
    public int MaxMembers { get; init; } = 1_000;

    /// <summary>Topics of one group.</summary>
    public int MaxTopics { get; init; } = 256;

    /// <summary>Partitions of one member; what is beyond waits for more members.</summary>
    public int MaxPartitionsPerMember { get; init; } = 256;

    /// <summary>The log of group states is rewritten once this many bytes were added to it.</summary>
    public long RewriteBytes { get; init; } = 16 * 1024 * 1024;
}
