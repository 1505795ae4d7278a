using RestBroker.Core.Engine;
using RestBroker.Core.Errors;

namespace RestBroker.Server.Contracts;

/// <summary>The query parameter <c>acks</c>.</summary>
internal static class AcksText
{
    /// <exception cref="BrokerException">InvalidRequest.</exception>
    public static Acks Parse(string? text) => text switch
    {
        null or "all" => Acks.All,
        "leader" => Acks.Leader,
        "none" => Acks.None,
        _ => throw new BrokerException(BrokerError.InvalidRequest, $"acks={text}: give all, leader or none."),
    };
}
