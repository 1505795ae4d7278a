using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Contracts;

/// <summary>Names that are the broker's own.</summary>
internal static class Reserved
{
    /// <exception cref="BrokerException">ReservedName when a client would write, change or delete an internal topic.</exception>
    public static void Refuse(string topic)
    {
        if (!TopicName.IsInternal(topic)) return;
        throw new BrokerException(
            BrokerError.ReservedName, $"Topics that begin with {TopicName.InternalPrefix} are the broker's own: they can be read, not created, written, changed or deleted.");
    }
}
