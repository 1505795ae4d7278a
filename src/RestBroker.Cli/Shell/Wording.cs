using System.Globalization;
using System.Text;

namespace RestBroker.Cli.Shell;

/// <summary>Numbers and foreign text as people read them on one line.</summary>
internal static class Wording
{
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string Count(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>What a server sent goes to a terminal: no line breaks, no escape sequences.</summary>
    public static string OneLine(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var character in text) line.Append(char.IsControl(character) ? ' ' : character);
        return line.ToString().Trim();
    }
}
