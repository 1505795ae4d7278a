using System.Buffers;
using System.CommandLine;
using System.CommandLine.Parsing;
using RestBroker.Cli.Produce;

namespace RestBroker.Cli.Commands;

internal sealed class ProduceOptions
{
    private static readonly SearchValues<char> HeaderNameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    public Argument<string> Topic { get; } = Parameters.Name("topic", "The topic; a new one is created where the broker allows it.");

    public Option<string> File { get; } = Parameters.Text("--file", "PATH", "Read this file instead of standard input.");

    public Option<string> Format { get; } = CreateFormat();

    public Option<string> Key { get; } = Parameters.Text("--key", "KEY", "The key of all records.");

    public Option<string> KeySeparator { get; } = Parameters.Text("--key-separator", "TEXT", "What stands between key and value in a line.");

    public Option<int?> KeyField { get; } = Parameters.Number("--key-field", "The N-th white-space field of a line is its key, from 1; the value is the whole line. Lines with fewer have no key.", 1);

    public Option<KeyValuePair<string, string>[]> Headers { get; } = Parameters.Pairs("--header", "name=value", "A header of all records; may be repeated.");

    public Option<int?> Partition { get; } = Parameters.Number("--partition", "The partition of all records; by key if not given.", 0);

    public Option<int?> SkipLines { get; } = Parameters.Number("--skip-lines", "Go on after so many lines, as an interrupted run told.", 0);

    public void Check(CommandResult result)
    {
        var keys = new Option[] { Key, KeySeparator, KeyField }.Count(option => result.GetResult(option) is not null);
        if (keys > 1) result.AddError("--key, --key-separator and --key-field exclude each other.");
        if (result.GetResult(KeySeparator) is not null && result.GetValue(KeySeparator) == "") result.AddError("--key-separator must not be empty.");
        if (result.GetValue(Format) != "raw") return;

        if (result.GetResult(KeySeparator) is not null || result.GetResult(KeyField) is not null || result.GetResult(SkipLines) is not null)
            result.AddError("--format raw has no lines: --key-separator, --key-field and --skip-lines do not apply; one key: --key.");
        if (result.GetResult(Headers)?.Tokens.All(token => IsHttpHeader(token.Value)) == false)
            result.AddError("--format raw sends headers as HTTP does: names of a-z 0-9 - _ ., values of visible ASCII.");
    }

    public ProduceRequest Read(ParseResult parsed) => new(parsed.GetRequiredValue(Topic), ReadFormat(parsed.GetValue(Format)))
    {
        File = parsed.GetValue(File),
        Key = parsed.GetValue(Key),
        KeySeparator = parsed.GetValue(KeySeparator),
        KeyField = parsed.GetValue(KeyField),
        Headers = parsed.GetValue(Headers)!,
        Partition = parsed.GetValue(Partition),
        SkipLines = parsed.GetValue(SkipLines) ?? 0,
    };

    private static Option<string> CreateFormat() => new Option<string>("--format")
    {
        Description = "text: a line is a text. json: a line is a JSON value. raw: the whole input is one value of bytes.",
        HelpName = "text|json|raw",
        DefaultValueFactory = _ => "text",
    }.AcceptOnlyFromAmong("text", "json", "raw");

    private static ValueFormat ReadFormat(string? format) => format switch
    {
        "json" => ValueFormat.Json,
        "raw" => ValueFormat.Raw,
        _ => ValueFormat.Text,
    };

    private static bool IsHttpHeader(string pair)
    {
        var name = pair.AsSpan(0, Math.Max(0, pair.IndexOf('=')));
        return pair.All(character => character is >= ' ' and <= '~') && name.IndexOfAnyExcept(HeaderNameCharacters) < 0;
    }
}
