using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Producing;

/// <summary>
/// Appends the batches of one request in their order, each atomically, and stops at the first that is refused. They share the wait for
/// the disk: only the last is waited for, and what is committed is committed with all before it. Thread-safe.
/// </summary>
internal sealed class BatchAppender(ILogEngine engine)
{
    // What was written is committed within a sync, unless the disk has failed.
    private static readonly TimeSpan MaxCommitWait = TimeSpan.FromSeconds(10);

    /// <summary>Leaves the receipts in <paramref name="work"/>, in the order of its batches; none with <c>acks=none</c>.</summary>
    /// <exception cref="BrokerException">What the engine refused, with <c>batches</c>: the receipts of those before.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask AppendAsync(TopicDescription topic, ProduceWork work, ProduceOptions options, CancellationToken cancellationToken)
    {
        var partition = options.Partition ?? throw new ArgumentException("Batches go to one partition.", nameof(options));
        var place = new TopicPartition(topic.Name, partition);
        var (batches, receipts) = (work.OwnBatches, work.Receipts);
        for (var i = 0; i < batches.Count; i++)
        {
            var isLast = i == batches.Count - 1;
            var acks = options.Acks == Acks.All && !isLast ? Acks.Leader : options.Acks;
            try
            {
                var result = await engine.ProduceAsync(
                    new ProduceRequest(place, batches[i], acks, options.ExpectedNextOffset, topic.TopicId) { IsCrcKnown = true, IsLone = isLast }, cancellationToken);
                receipts.Add(ToReceipt(partition, batches[i], result));
            }
            catch (BrokerException refusal)
            {
                var tagged = refusal.Error == BrokerError.PreconditionFailed ? RecordProducer.WithTag(refusal, topic, partition) : refusal;
                if (batches.Count == 1) throw tagged;
                if (options.Acks == Acks.All && tagged.Error != BrokerError.StorageFailed) await CommitAsync(place, receipts, cancellationToken);
                throw Stopped(tagged, i, batches.Count, receipts);
            }
        }

        // The wait for a duplicate was for its first time, which may lie before what is new here.
        if (options.Acks == Acks.All && receipts[^1].Duplicate) await CommitAsync(place, receipts, cancellationToken);
        if (options.Acks == Acks.None) receipts.Clear();
    }

    private static BatchReceiptResponse ToReceipt(int partition, RecordBatch batch, ProduceResult result) => new(
        partition,
        result.BaseOffset,
        result.BaseOffset + batch.RecordCount - 1,
        batch.RecordCount,
        result.LogAppendTime ?? result.FirstTime ?? batch.MaxTimestamp,
        result.Duplicate);

    private async ValueTask CommitAsync(TopicPartition place, List<BatchReceiptResponse> receipts, CancellationToken cancellationToken)
    {
        var last = receipts.FindLastIndex(receipt => !receipt.Duplicate);
        if (last < 0) return;
        var written = receipts[last];
        var request = new FetchRequest { Partitions = [new FetchPartition(place, written.LastOffset)], MaxBytes = 1, MaxWait = MaxCommitWait };
        using var found = await engine.FetchAsync(request, cancellationToken);
        if (found.Partitions[0].HighWatermark > written.LastOffset) return;
        throw new BrokerException(BrokerError.StorageFailed, $"Offset {written.LastOffset} of {place} is written and not committed; the disk may have failed.");
    }

    private static BrokerException Stopped(BrokerException refusal, int index, int count, List<BatchReceiptResponse> receipts)
    {
        var isStored = receipts.Any(receipt => !receipt.Duplicate);
        return new BrokerException(refusal.Error, $"Batch {index} of 0 to {count - 1} was refused; those before it are stored, those behind it are not. {refusal.Message}", refusal)
        {
            SideEffects = isStored ? SideEffects.Possible : refusal.SideEffects,
            RetryAfter = refusal.RetryAfter,
            Members = new Dictionary<string, object>(refusal.Members)
            {
                ["batch"] = index,
                ["batches"] = new JsonArray([.. receipts.Select(receipt => JsonSerializer.SerializeToNode(receipt, ApiJson.Serializer))]),
            },
        };
    }
}
