namespace RestBroker.Core.Topics;

/// <summary>What happens to old records; <c>compact,delete</c> is both.</summary>
[Flags]
public enum CleanupPolicy
{
    /// <summary>Whole old segments are removed by age and size.</summary>
    Delete = 1,

    /// <summary>The last record of each key is kept.</summary>
    Compact = 2,
}
