namespace RestBroker.Cli.Client;

/// <summary>Names that stand in a path: topics, groups, members.</summary>
internal static class ResourceName
{
    private const int MaxLength = 249;

    public const string Rule = "1 to 249 of A-Z a-z 0-9 . _ -, and not '.' or '..'";

    /// <summary>Checked before a path is made of the name: servers remove dot segments, so a bad name could address something else.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength && name is not ("." or "..") && name.All(IsAllowed);

    /// <summary>A path segment.</summary>
    public static string Escape(string name)
    {
        if (!IsValid(name)) throw new ArgumentOutOfRangeException(nameof(name), name, Rule);
        return Uri.EscapeDataString(name);
    }

    private static bool IsAllowed(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-';
}
