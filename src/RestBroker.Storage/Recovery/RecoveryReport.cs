using RestBroker.Core.Engine;

namespace RestBroker.Storage.Recovery;

/// <summary>What had to be done to open a log. Not thread-safe: one for each log.</summary>
internal sealed class RecoveryReport
{
    private readonly List<OffsetRange> _damaged = [];

    /// <summary>Bytes that were read, since nothing that was saved told of them.</summary>
    public long ScannedBytes { get; set; }

    /// <summary>Bytes that were cut off and are in the quarantine.</summary>
    public long QuarantinedBytes { get; set; }

    /// <summary>Offsets that are damaged below the recovery point: left where they are.</summary>
    public IReadOnlyList<OffsetRange> Damaged => _damaged;

    public bool NeededWork => QuarantinedBytes > 0 || _damaged.Count > 0;

    public void AddDamaged(OffsetRange range) => _damaged.Add(range);
}
