using System.Globalization;

namespace RestBroker.Server.Contracts;

/// <summary>Times as clients write them: RFC 3339, or whole milliseconds since 1970.</summary>
internal static class TimeText
{
    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd",
    ];

    /// <summary>Milliseconds since 1970 of an RFC 3339 time. The <c>+</c> of an offset may have become a space on its way in a query.</summary>
    public static bool TryParse(string text, out long milliseconds)
    {
        var parsed = DateTimeOffset.TryParseExact(
            text.Replace(' ', '+'), Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time);
        milliseconds = parsed ? time.ToUnixTimeMilliseconds() : 0;
        return parsed && milliseconds >= 0;
    }

    /// <summary>The fewest digits of a bare number that is taken for a time: anything shorter is likely an offset or a mistake.</summary>
    public const int MinDigits = 12;

    /// <summary>Milliseconds since 1970 of an RFC 3339 time or of a bare number of at least <see cref="MinDigits"/> digits.</summary>
    public static bool TryParseAny(string text, out long milliseconds) =>
        text.Length >= MinDigits && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out milliseconds)
        || TryParse(text, out milliseconds);
}
