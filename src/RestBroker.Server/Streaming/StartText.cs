using System.Globalization;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Streaming;

/// <summary>The text of <c>from</c>: <c>earliest | latest | -n | time</c>, the time in RFC 3339 or as ms of at least twelve digits.</summary>
internal static class StartText
{
    /// <summary>Reads a place.</summary>
    /// <param name="from">The text.</param>
    /// <param name="name">What it is called in the request.</param>
    /// <exception cref="BrokerException"><see cref="BrokerError.InvalidRequest"/>.</exception>
    public static StartPosition Parse(string from, string name = "from")
    {
        if (from == "earliest") return StartPosition.Earliest;
        if (from == "latest") return StartPosition.Latest;
        if (from.Length > 1 && from[0] == '-' && TryDigits(from.AsSpan(1), out var count) && count > 0) return StartPosition.Last(count);
        if (TryDigits(from, out var number))
        {
            return from.Length >= TimeText.MinDigits ? StartPosition.At(number) : throw new BrokerException(
                BrokerError.InvalidRequest,
                $"{name}={from} is too short for a time in ms (at least {TimeText.MinDigits} digits). To begin at an offset read one partition: "
                + $"GET /v1/topics/{{topic}}/partitions/{{partition}}/records?offset={from}.");
        }

        if (TimeText.TryParse(from, out var milliseconds)) return StartPosition.At(milliseconds);
        throw new BrokerException(
            BrokerError.InvalidRequest,
            $"{name}='{(from.Length <= 80 ? from : $"{from[..80]}…")}' is no place to start. Give earliest, latest, -n (the last n of each partition) "
            + "or a time: 2026-01-31T12:00:00Z, or ms since 1970.");
    }

    private static bool TryDigits(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
