namespace RestBroker.Core.Groups;

/// <summary>How the members of a group share its topics.</summary>
public enum GroupMode
{
    /// <summary>Each partition has one owner; progress is an offset per partition.</summary>
    Partitioned,

    /// <summary>Each record goes to one member; progress is an outcome per record.</summary>
    Shared,
}
