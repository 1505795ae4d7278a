using System.Buffers;
using RestBroker.Core.Errors;

namespace RestBroker.Core.Topics;

/// <summary>
/// The rule for names of topics, groups and members: 1 to 249 of <c>A-Z a-z 0-9 . _ -</c>, never <c>.</c> or <c>..</c>.
/// </summary>
public static class TopicName
{
    /// <summary>The longest name, in characters; Kafka's, chosen so that name and partition fit a directory name.</summary>
    public const int MaxLength = 249;

    /// <summary>What internal topics begin with.</summary>
    public const string InternalPrefix = "__";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Whether a name obeys the rule.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength && name is not ("." or "..") && !name.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>Whether a topic is the broker's own: listed on request, never written by a client.</summary>
    public static bool IsInternal(string name) => name.StartsWith(InternalPrefix, StringComparison.Ordinal);

    /// <summary>
    /// The name with <c>.</c> folded into <c>_</c>: two topics whose folded names are equal would share a metric's name, so Kafka
    /// refuses the second.
    /// </summary>
    public static string CollisionKey(string name) => name.Replace('.', '_');

    /// <exception cref="BrokerException"><see cref="BrokerError.InvalidTopic"/> when the name breaks the rule.</exception>
    public static void Require(string name)
    {
        if (IsValid(name)) return;
        throw new BrokerException(BrokerError.InvalidTopic, $"'{Shorten(name)}' is not a topic name: {Rule}");
    }

    /// <exception cref="BrokerException"><see cref="BrokerError.InvalidName"/> when the name breaks the rule.</exception>
    public static void RequireMemberOrGroup(string name, string what)
    {
        if (IsValid(name)) return;
        throw new BrokerException(BrokerError.InvalidName, $"'{Shorten(name)}' is not a {what} name: {Rule}");
    }

    private const string Rule = "use 1 to 249 of the characters A-Z a-z 0-9 . _ - and neither '.' nor '..'.";

    private static string Shorten(string name) => name.Length <= 80 ? name : $"{name[..80]}…";
}
