namespace RestBroker.Cli.Client;

internal sealed record CreateGroupRequest(IReadOnlyList<string> Topics, string From);

internal sealed record GroupDescription(string Group, string Mode, IReadOnlyList<string> Topics, string? State);

internal sealed record GroupPage(IReadOnlyList<GroupListing> Items, string? Next);

internal sealed record GroupListing(string Group);

internal sealed record GroupLag(string Group, IReadOnlyList<TopicLag> Topics);

internal sealed record TopicLag(string Topic, IReadOnlyList<PartitionLag> Partitions);

internal sealed record PartitionLag(int Partition, long? NextOffset, long HighWatermark, long Lag, string? Member);

internal sealed record GroupFetchRequest(string Member, LeaseIdentity? Lease, int Limit, int Wait);

internal sealed record LeaseIdentity(string Id, int Epoch);

internal sealed record CommitRequest(LeaseIdentity Lease, string? Cursor, IReadOnlyList<PartitionOffset>? Offsets);

internal sealed record CommitAnswer(IReadOnlyList<PartitionOffset> Offsets);

internal sealed record PartitionOffset(string Topic, int Partition, long NextOffset);

/// <summary>Where all partitions go, or where some do.</summary>
internal sealed record ResetRequest(string? To, IReadOnlyList<PartitionOffset>? Offsets, bool DryRun, bool Force);

internal sealed record ResetAnswer(IReadOnlyList<ResetOffset> Offsets, bool DryRun);

internal sealed record ResetOffset(string Topic, int Partition, long? Previous, long NextOffset);
