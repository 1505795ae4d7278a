namespace RestBroker.Cli.Client;

internal sealed record CreateGroupRequest(
    IReadOnlyList<string> Topics,
    string? From,
    string? Mode = null,
    int? LeaseSeconds = null,
    int? MaxDeliveries = null,
    string? DeadLetterTopic = null);

internal sealed record GroupDescription(string Group, string Mode, IReadOnlyList<string> Topics, string? State);

internal sealed record GroupPage(IReadOnlyList<GroupListing> Items, string? Next);

internal sealed record GroupListing(string Group);

internal sealed record GroupLag(string Group, IReadOnlyList<TopicLag> Topics);

internal sealed record TopicLag(string Topic, IReadOnlyList<PartitionLag> Partitions);

internal sealed record PartitionLag(int Partition, long? NextOffset, long HighWatermark, long Lag, string? Member, InFlight? InFlight = null);

/// <summary>In a shared group: records that were given out and are not done with.</summary>
internal sealed record InFlight(int Acquired, int Available, int Delayed, int Dead);

internal sealed record GroupFetchRequest(string Member, LeaseIdentity? Lease, string? Cursor, int Limit, int Wait);

internal sealed record LeaseIdentity(string Id, int Epoch);

internal sealed record CommitRequest(LeaseIdentity Lease, string? Cursor, IReadOnlyList<PartitionOffset>? Offsets);

internal sealed record CommitAnswer(IReadOnlyList<PartitionOffset> Offsets);

internal sealed record PartitionOffset(string Topic, int Partition, long NextOffset);

internal sealed record AckRequest(IReadOnlyList<Ack> Acks);

internal sealed record Ack(string Receipt, string Outcome, double? DelaySeconds = null);

internal sealed record AckAnswer(IReadOnlyList<AckResult> Results);

/// <summary>What became of an ack: its outcome, or the code of what is wrong with it.</summary>
internal sealed record AckResult(string Receipt, string? Outcome, string? Code);

/// <summary>Where all partitions go, or where some do.</summary>
internal sealed record ResetRequest(string? To, IReadOnlyList<PartitionOffset>? Offsets, bool DryRun, bool Force);

internal sealed record ResetAnswer(IReadOnlyList<ResetOffset> Offsets, bool DryRun);

internal sealed record ResetOffset(string Topic, int Partition, long? Previous, long NextOffset);
