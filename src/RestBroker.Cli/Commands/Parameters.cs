using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RestBroker.Cli.Client;

namespace RestBroker.Cli.Commands;

/// <summary>Arguments and options that several commands have, with their rules.</summary>
internal static class Parameters
{
    /// <summary>A topic or group. A bad name is refused before a path is made of it.</summary>
    public static Argument<string> Name(string name, string description)
    {
        var argument = new Argument<string>(name) { Description = description };
        argument.Validators.Add(CheckName);
        return argument;
    }

    public static Option<string> NameOption(string name, string helpName, string description)
    {
        var option = new Option<string>(name) { Description = description, HelpName = helpName };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } value && !ResourceName.IsValid(value)) result.AddError(BadName(value));
        });
        return option;
    }

    public static Option<int?> Number(string name, string description, int least, int most = int.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => ParseNumber(result, name, least, most),
    };

    /// <summary>Repeatable <c>name=value</c>.</summary>
    public static Option<KeyValuePair<string, string>[]> Pairs(string name, string helpName, string description) => new(name)
    {
        Description = description,
        HelpName = helpName,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. result.Tokens.Select(token => SplitPair(token.Value, result))],
        DefaultValueFactory = _ => [],
    };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    public static Option<string> Text(string name, string helpName, string description) => new(name) { Description = description, HelpName = helpName };

    private static int? ParseNumber(ArgumentResult result, string name, int least, int most)
    {
        var text = result.Tokens[^1].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        result.AddError($"{name}: '{text}' is not a number {(most == int.MaxValue ? $"of {least} or more" : $"from {least} to {most}")}.");
        return null;
    }

    private static KeyValuePair<string, string> SplitPair(string text, ArgumentResult result)
    {
        var position = text.IndexOf('=');
        if (position > 0) return new(text[..position], text[(position + 1)..]);
        result.AddError($"'{text}' is not name=value.");
        return default;
    }

    private static void CheckName(ArgumentResult result)
    {
        if (result.Tokens is [var token] && !ResourceName.IsValid(token.Value)) result.AddError(BadName(token.Value));
    }

    private static string BadName(string name) => $"'{name}' is not a name: {ResourceName.Rule}.";
}
