namespace RestBroker.Core.Topics;

/// <summary>Whose clock stamps a record.</summary>
public enum TimestampType
{
    /// <summary>The producer's, or the broker's where the producer gives none.</summary>
    CreateTime,

    /// <summary>The broker's, always; never goes back within a partition.</summary>
    LogAppendTime,
}
