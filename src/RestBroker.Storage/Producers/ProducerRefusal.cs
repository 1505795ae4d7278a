using RestBroker.Core.Errors;

namespace RestBroker.Storage.Producers;

/// <summary>What is said to a producer whose batch cannot be taken.</summary>
internal static class ProducerRefusal
{
    public static BrokerException Fenced(long id, short epoch, short current) =>
        new(BrokerError.ProducerFenced, $"Producer {id} is in epoch {current}: whoever has epoch {epoch} was replaced and must stop.")
        {
            Members = new Dictionary<string, object> { ["epoch"] = (int)current },
        };

    public static BrokerException OutOfOrder(long id, int sequence, int expected) =>
        new(BrokerError.OutOfOrderSequence, $"The next record of producer {id} here has the sequence {expected}, not {sequence}. Send what is missing first.")
        {
            Members = new Dictionary<string, object> { ["nextSequence"] = expected },
        };

    public static BrokerException Duplicate(long id, int sequence, int expected) =>
        new(BrokerError.DuplicateSequence, $"The record of producer {id} with the sequence {sequence} is stored; it is not one of the last five batches as they were sent, so its receipt is not known. Go on at {expected}.")
        {
            Members = new Dictionary<string, object> { ["nextSequence"] = expected },
        };

    public static BrokerException KeyReused() =>
        new(BrokerError.IdempotencyKeyReused, "The idempotency key belongs to another request of this topic. Take a new key for a new request; nothing was stored.");

    public static BrokerException TooMany(int limit) =>
        new(BrokerError.LimitReached, $"The broker remembers {limit} producers (RestBroker:MaxProducers) and takes no other until one of them has been silent for long enough.")
        {
            RetryAfter = TimeSpan.FromMinutes(1),
        };

    public static BrokerException UnknownEpoch(long id, short epoch, short current) =>
        new(BrokerError.InvalidRange, $"Producer {id} is in epoch {current}; epoch {epoch} was never given out. POST /v1/producers/{id}/epoch raises it.");

    public static BrokerException Unknown(long id) =>
        new(BrokerError.NotFound, $"Producer {id} was never given out. POST /v1/producers gives an id.");
}
