using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Producers;

namespace RestBroker.Server.Producing;

/// <summary>The headers with which a producer numbers its records, so that each is stored once however often it is sent: all or none.</summary>
internal readonly record struct ProducerHeaders
{
    /// <summary>What OpenAPI says of the header Idempotency-Key.</summary>
    public const string KeyedHeaderText =
        "A name for this request, 1 to 255 visible ASCII characters. Sent again with the same name and body it stores nothing and answers the first receipts. JSON and raw only.";

    [Description(KeyedHeaderText)]
    [FromHeader(Name = Producing.IdempotencyKey.HeaderName)]
    public string? IdempotencyKey { get; init; }

    [Description("The id that POST /v1/producers gave. All three Producer- headers or none.")]
    [FromHeader(Name = "Producer-Id")]
    public string? ProducerId { get; init; }

    [Description("The id's current epoch; an older one is refused with 409 `producer-fenced`.")]
    [FromHeader(Name = "Producer-Epoch")]
    public string? ProducerEpoch { get; init; }

    [Description("The sequence of the request's first record in this partition: 0 to begin with, and one more with each record.")]
    [FromHeader(Name = "Producer-Seq")]
    public string? ProducerSeq { get; init; }

    /// <summary>What a batch bears; null where the request has none of the headers.</summary>
    /// <exception cref="BrokerException">InvalidRequest, NotSupportedByEngine, InvalidRange.</exception>
    public BatchProducer? Parse(ILogEngine engine, Acks acks)
    {
        if (ProducerId is null && ProducerEpoch is null && ProducerSeq is null) return null;
        if (IdempotencyKey is not null)
            throw new BrokerException(BrokerError.InvalidRequest, "Give an Idempotency-Key or the Producer- headers, not both.");
        if (ProducerId is null || ProducerEpoch is null || ProducerSeq is null)
            throw new BrokerException(BrokerError.InvalidRequest, "Producer-Id, Producer-Epoch and Producer-Seq belong together: give all of them or none.");
        var producer = new BatchProducer(
            Number("Producer-Id", ProducerId, ProducerIds.FirstOfKeys - 1),
            (short)Number("Producer-Epoch", ProducerEpoch, short.MaxValue),
            (int)Number("Producer-Seq", ProducerSeq, int.MaxValue));
        Producing.IdempotencyKey.RequireProducerState(engine, acks, "Producer-Id");
        return producer;
    }

    private static long Number(string name, string text, long max)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= max) return number;
        throw new BrokerException(BrokerError.InvalidRequest, $"{name}: {text} is not a whole number from 0 to {max}.");
    }
}

/// <summary>What a batch says of its producer.</summary>
/// <param name="Id">The producer's id.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Sequence">The sequence of the batch's first record.</param>
internal readonly record struct BatchProducer(long Id, short Epoch, int Sequence)
{
    /// <summary>The same producer, a number of records further on.</summary>
    public BatchProducer Next(int recordCount) => this with { Sequence = ProducerSequence.Add(Sequence, recordCount) };
}
