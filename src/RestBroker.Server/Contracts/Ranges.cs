using RestBroker.Core.Errors;

namespace RestBroker.Server.Contracts;

/// <summary>Numbers of a query and their ranges.</summary>
internal static class Ranges
{
    /// <exception cref="BrokerException">InvalidRange.</exception>
    public static int Check(string name, int? value, int from, int to, int @default)
    {
        if (value is null) return @default;
        if (value >= from && value <= to) return value.Value;
        throw new BrokerException(BrokerError.InvalidRange, $"{name}={value} is outside {from}..{to}.");
    }
}
