using RestBroker.Storage.Log;

namespace RestBroker.Storage.Recovery;

/// <summary>How the last run ended.</summary>
internal enum StartKind
{
    /// <summary>In order: everything is on the disk, as it was saved.</summary>
    Clean,

    /// <summary>Not in order. Under the same boot the process alone died, and nothing that was written is lost.</summary>
    Unclean,
}

/// <summary>Questions about a start.</summary>
internal static class StartKinds
{
    /// <summary>Whether the machine has been up ever since a checkpoint was written.</summary>
    public static bool IsSameBoot(this StartKind start, CheckpointState saved, Guid bootId) =>
        start == StartKind.Unclean && saved.BootId == bootId && bootId != Guid.Empty;
}
