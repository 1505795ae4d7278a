using System.Globalization;
using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;

namespace RestBroker.Server.Contracts;

/// <summary>Where to begin, as clients write it: <c>earliest</c>, <c>latest</c>, <c>-n</c>, or a time.</summary>
internal static class StartText
{
    /// <exception cref="BrokerException">InvalidRequest.</exception>
    public static StartPosition Parse(string name, string text) => text switch
    {
        "earliest" => StartPosition.Earliest,
        "latest" => StartPosition.Latest,
        ['-', .. var digits] when long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 =>
            StartPosition.Last(count),
        _ when TimeText.TryParseAny(text, out var milliseconds) => StartPosition.At(milliseconds),
        _ => throw Refused(name, text),
    };

    /// <exception cref="BrokerException">InvalidRequest.</exception>
    public static StartPosition Parse(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Parse(name, value.GetString()!),
        JsonValueKind.Number => Parse(name, value.GetRawText()),
        _ => throw Refused(name, value.GetRawText()),
    };

    private static BrokerException Refused(string name, string text)
    {
        var detail = $"{name} '{(text.Length <= 80 ? text : text[..80])}' is no place: give earliest, latest, -n for the last n records of each "
            + "partition, a time such as 2026-01-31T08:00:00Z, or ms since 1970 (12 digits or more).";
        return new BrokerException(BrokerError.InvalidRequest, detail)
        {
            Errors = [new FieldError($"/{name}", BrokerError.InvalidRequest, detail)],
        };
    }
}
