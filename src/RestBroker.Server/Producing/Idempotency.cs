using RestBroker.Core.Engine;
using RestBroker.Core.Errors;

namespace RestBroker.Server.Producing;

/// <summary>What a request that may be retried needs.</summary>
internal static class Idempotency
{
    /// <exception cref="BrokerException">NotSupportedByEngine; InvalidRange for <c>acks=none</c>.</exception>
    public static void Require(ILogEngine engine, Acks acks, string header)
    {
        if (!engine.Features.HasFlag(EngineFeatures.ProducerState))
            throw new BrokerException(BrokerError.NotSupportedByEngine, $"This engine remembers no producers: {header} would go unheard. Leave it out, and know that a retry can then store twice.");
        if (acks == Acks.None)
            throw new BrokerException(BrokerError.InvalidRange, $"acks=none tells nobody whether a retry is needed. With {header} use acks=all or acks=leader.");
    }
}
