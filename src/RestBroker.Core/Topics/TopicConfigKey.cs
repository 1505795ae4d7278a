using System.Globalization;

namespace RestBroker.Core.Topics;

/// <summary>One setting of a topic: its name, its default and what values it takes.</summary>
/// <param name="Name">Kafka's key.</param>
/// <param name="Default">Its default, canonical.</param>
/// <param name="Rule">The values allowed, for a person: "a whole number from 1".</param>
/// <param name="Canonical">The canonical spelling of a value, or null where it is not allowed.</param>
internal sealed record TopicConfigKey(string Name, string Default, string Rule, Func<string, string?> Canonical)
{
    internal static TopicConfigKey Number(string name, long @default, long from, long to, long? forbidden = null)
    {
        var top = to == long.MaxValue ? "" : $" to {to}";
        var hole = forbidden is null ? "" : $" but not {forbidden}";
        return new(name, Spell(@default), $"a whole number from {from}{top}{hole}", value =>
            long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= from && number <= to && number != forbidden ? Spell(number) : null);
    }

    internal static TopicConfigKey Ratio(string name, string @default) => new(name, @default, "a number from 0 to 1", value =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1
            ? ratio.ToString(CultureInfo.InvariantCulture)
            : null);

    internal static TopicConfigKey Choice(string name, string @default, params string[] values) =>
        new(name, @default, $"one of {string.Join(" | ", values)}", value =>
            Array.Find(values, choice => string.Equals(choice, Sorted(value), StringComparison.OrdinalIgnoreCase)));

    /// <summary>This key, taking one more word for a value.</summary>
    internal TopicConfigKey WithAlias(string alias, string meaning)
    {
        var canonical = Canonical;
        return this with { Canonical = value => canonical(string.Equals(value, alias, StringComparison.OrdinalIgnoreCase) ? meaning : value) };
    }

    private static string Spell(long number) => number.ToString(CultureInfo.InvariantCulture);

    // cleanup.policy is a set: "delete, compact" is "compact,delete".
    private static string Sorted(string value) =>
        string.Join(',', value.Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.OrdinalIgnoreCase));
}
