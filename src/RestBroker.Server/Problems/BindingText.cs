using System.Text.RegularExpressions;

namespace RestBroker.Server.Problems;

/// <summary>
/// The framework's words for a request that does not bind, in words for the one who sent it: it names classes and parameters of .NET. What
/// is not known here stays as it is.
/// </summary>
internal static partial class BindingText
{
    public static string Of(string message)
    {
        if (Unparsable().Match(message) is { Success: true } bad)
            return $"{Camel(bad.Groups[2].Value)}={bad.Groups[3].Value} is not {Kind(bad.Groups[1].Value)}.";
        if (MissingParameter().Match(message) is { Success: true } missing) return $"The parameter {Camel(missing.Groups[1].Value)} is missing.";
        if (MissingMembers().Match(message) is { Success: true } members) return $"A member is missing: {members.Groups[1].Value}.";
        if (RepeatedMember().Match(message) is { Success: true } repeated) return $"The member '{repeated.Groups[1].Value}' is repeated.";
        if (message.Contains("mplicit body inferred", StringComparison.Ordinal) || message.Contains("from body", StringComparison.Ordinal))
            return "A JSON body is needed, with the header 'Content-Type: application/json'.";
        if (message.Contains("could not be converted to", StringComparison.Ordinal)) return "The value is of the wrong type.";
        if (message.Contains("doesn't allow setting it to null", StringComparison.Ordinal) || message.Contains("doesn't allow null", StringComparison.Ordinal)
            || message.Contains("doesn't accept null", StringComparison.Ordinal) || message.Contains("not marked as nullable", StringComparison.Ordinal))
            return "The value must not be null.";
        return ReaderAdvice().Replace(message, "");
    }

    private static string Kind(string type) =>
        type.Contains("Int", StringComparison.OrdinalIgnoreCase) || type.Contains("long", StringComparison.OrdinalIgnoreCase) ? "a whole number"
        : type.Contains("Bool", StringComparison.OrdinalIgnoreCase) ? "true or false"
        : type.Contains("Double", StringComparison.OrdinalIgnoreCase) ? "a number"
        : "of the right form";

    private static string Camel(string name) => name.Length == 0 ? name : char.ToLowerInvariant(name[0]) + name[1..];

    [GeneratedRegex("^Failed to bind parameter \"(\\S+) @?(\\S+)\" from \"(.*)\"\\.?$", RegexOptions.Singleline)]
    private static partial Regex Unparsable();

    [GeneratedRegex("^Required parameter \"\\S+ @?(\\S+)\" was not provided")]
    private static partial Regex MissingParameter();

    [GeneratedRegex("missing required properties including: (.*?)\\.?$")]
    private static partial Regex MissingMembers();

    [GeneratedRegex("^Duplicate property '(.*?)' encountered")]
    private static partial Regex RepeatedMember();

    [GeneratedRegex(" ?Change the reader options\\.| LineNumber: \\d+ \\| BytePositionInLine: \\d+\\.?")]
    private static partial Regex ReaderAdvice();
}
