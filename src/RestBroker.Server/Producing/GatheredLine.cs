using RestBroker.Core.Engine;

namespace RestBroker.Server.Producing;

/// <summary>A line of an upload that waits to be appended.</summary>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Partition">Where it goes.</param>
/// <param name="Index">Its place in that partition's batch.</param>
/// <param name="Timestamp">Its record's timestamp in ms.</param>
internal readonly record struct GatheredLine(long Line, int Partition, int Index, long Timestamp)
{
    public Receipt ReceiptOf(in ProduceResult result) => new(Partition, result.BaseOffset + Index, result.LogAppendTime ?? Timestamp);
}
