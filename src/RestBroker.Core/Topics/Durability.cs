namespace RestBroker.Core.Topics;

/// <summary>When a record counts as committed: visible to readers and acknowledged.</summary>
public enum Durability
{
    /// <summary>Once it is on the disk; survives a power cut.</summary>
    Fsync,

    /// <summary>Once it is written; survives the death of the process, not of the machine.</summary>
    Async,
}
