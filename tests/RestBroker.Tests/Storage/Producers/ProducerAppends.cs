using System.Text;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Producers;
using RestBroker.Core.Records;
using RestBroker.Storage.Log;

namespace RestBroker.Tests.Storage.Producers;

/// <summary>Appends as producers make them.</summary>
internal static class ProducerAppends
{
    /// <summary>Appends a batch of so many records; the task ends when it is committed.</summary>
    public static (ProduceResult Result, Task Committed) Append(this PartitionLog log, long id, int epoch, int sequence, int count = 1, int padding = 0)
    {
        using var builder = new RecordBatchBuilder { Producer = (id, (short)epoch, sequence) };
        for (var i = 0; i < count; i++) builder.Append(1_000, null, Encoding.ASCII.GetBytes($"{id}/{epoch}/{sequence}+{i}{new string('.', padding)}"));
        return log.Append(builder.Build(), null, wait: true);
    }

    /// <summary>The same with an idempotency key in place of a producer.</summary>
    public static (ProduceResult Result, Task Committed) AppendKey(this PartitionLog log, string key, string body, int partitionCount = 1)
    {
        using var builder = new RecordBatchBuilder { Producer = (IdOfKey(key), 0, 0) };
        var (header, mark) = IdempotencyMark.Of(key, System.Security.Cryptography.SHA256.HashData(Encoding.ASCII.GetBytes($"{key} {body}")), partitionCount);
        builder.Append(1_000, null, Encoding.ASCII.GetBytes(body), [header]);
        return log.Append(builder.Build(), null, wait: true, mark);
    }

    public static long IdOfKey(string key) => ProducerIds.FirstOfKeys + Math.Abs((long)string.GetHashCode(key, StringComparison.Ordinal));

    /// <summary>What became of an append: "base offset", "base offset again", or the refusal and what it expects.</summary>
    public static string Outcome(this PartitionLog log, long id, int epoch, int sequence, int count = 1, int padding = 0) =>
        Outcome(() => log.Append(id, epoch, sequence, count, padding).Result);

    public static string Outcome(Func<ProduceResult> append)
    {
        try
        {
            var result = append();
            return $"{result.BaseOffset}{(result.Duplicate ? " again" : "")}";
        }
        catch (BrokerException e)
        {
            return $"{e.Error}{(e.Members.TryGetValue("nextSequence", out var next) ? $" {next}" : "")}";
        }
    }

    /// <summary>Everything that a partition knows of its producers, as one would ask for it.</summary>
    public static string Describe(this PartitionLog log, IEnumerable<long> ids) =>
        string.Join(", ", ids.Select(id => log.Producers.Find(id) is { } status ? $"{id}: {status.Epoch}/{status.NextSequence}" : $"{id}: -"));
}
