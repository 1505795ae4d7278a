using RestBroker.Cli.Client;

namespace RestBroker.Cli.Consume;

/// <summary>A page of records and the position after it. Owns the answer's memory.</summary>
internal sealed class FetchPage(BrokerAnswer answer) : IDisposable
{
    public List<FetchedRecord> Records { get; } = [];

    public string? Cursor { get; set; }

    public List<Gap> Gaps { get; } = [];

    /// <summary>In a shared group, whose pages have no cursor: for how long the records are held.</summary>
    public long? HeldMilliseconds { get; set; }

    /// <summary>In a group: the lease that reads this page.</summary>
    public LeaseIdentity? Lease { get; set; }

    public void Dispose() => answer.Dispose();
}

/// <summary>Offsets that cannot be read any more; <c>To</c> is where reading goes on.</summary>
internal sealed record Gap(string Topic, int Partition, long From, long To, string? Reason)
{
    public override string ToString() => $"{Topic}-{Partition}: offsets {From} to {To - 1} cannot be read ({Reason})";
}
