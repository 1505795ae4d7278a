using System.Text;
using System.Text.RegularExpressions;

namespace RestBroker.Tests.Readme;

/// <summary>What a README shows of a command's output: <c>…</c> stands for anything in its line, and alone on a line for any lines.</summary>
internal static class ExpectedOutput
{
    private const string Anything = "…";

    public static bool Matches(string shown, string output)
    {
        var pattern = new StringBuilder("^");
        foreach (var line in Lines(shown))
            pattern.Append(line.Trim() == Anything ? "(?:.*\n)*?" : Regex.Escape(line).Replace(Anything, ".*?", StringComparison.Ordinal) + "\n");
        pattern.Append('$');
        return Regex.IsMatch(string.Concat(Lines(output).Select(line => line + "\n")), pattern.ToString(), RegexOptions.None, TimeSpan.FromSeconds(10));
    }

    private static IEnumerable<string> Lines(string text) =>
        text.ReplaceLineEndings("\n").Trim('\n').Split('\n').Select(line => line.TrimEnd());
}
