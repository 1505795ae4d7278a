using RestBroker.Cli.Client;

namespace RestBroker.Cli.Batches;

/// <summary>A partition whose batches are read or written.</summary>
internal sealed record BatchPlace(string Topic, int Partition)
{
    public const string MediaType = "application/x-kafka-recordbatch";

    public string Path => $"v1/topics/{ResourceName.Escape(Topic)}/partitions/{Partition}/records";

    public override string ToString() => $"{Topic}-{Partition}";
}
