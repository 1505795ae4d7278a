using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Streaming;

/// <summary>
/// The text of <c>until</c>: <c>now</c> or <c>latest</c> (where the partitions end when the request comes), or a time as <c>from</c> takes
/// it. Each partition ends before its first record of that time or later, or where it ends now.
/// </summary>
internal static class UntilText
{
    /// <summary>Reads a place; null where none is given.</summary>
    /// <exception cref="BrokerException">InvalidRequest; InvalidRange for a time that is to come.</exception>
    public static StartPosition? Parse(string? until, TimeProvider time)
    {
        if (until is null) return null;
        if (until is "now" or "latest") return StartPosition.Latest;
        if (until == "earliest" || until.StartsWith('-'))
        {
            throw new BrokerException(
                BrokerError.InvalidRequest, $"until={until} is no place to end. Give now, or a time: 2026-01-31T12:00:00Z, or ms since 1970.");
        }

        var position = StartText.Parse(until, "until");
        if (!TimeText.TryParseAny(until, out var milliseconds) || milliseconds <= time.GetUtcNow().ToUnixTimeMilliseconds()) return position;
        throw new BrokerException(
            BrokerError.InvalidRange, $"until={until} is to come, and what comes until then is not known. Leave it out to stay, or give until=now.");
    }
}
