namespace RestBroker.Tests.Http;

/// <summary>
/// A <c>.http</c> file as Visual Studio and VS Code's REST Client read it: requests between <c>###</c> lines, <c>@name = value</c>,
/// <c># @name</c>. Each request says in a comment what it must be answered: <c># expect: 409 topic-already-exists</c>.
/// </summary>
internal sealed record HttpFile(IReadOnlyDictionary<string, string> Variables, IReadOnlyList<HttpFileRequest> Requests)
{
    private const string Separator = "###";
    private const string NameMark = "@name ";
    private const string ExpectMark = "expect:";

    public static HttpFile Parse(string text)
    {
        var variables = new Dictionary<string, string>();
        var requests = new List<HttpFileRequest>();
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        for (var start = 0; start < lines.Length;)
        {
            var end = Array.FindIndex(lines, start + 1, line => line.StartsWith(Separator, StringComparison.Ordinal));
            if (end < 0) end = lines.Length;
            if (ParseRequest(lines.AsSpan(start, end - start), start, variables) is { } request) requests.Add(request);
            start = end;
        }

        return new HttpFile(variables, requests);
    }

    private static HttpFileRequest? ParseRequest(ReadOnlySpan<string> lines, int firstLine, Dictionary<string, string> variables)
    {
        var request = new HttpFileRequest();
        var at = 0;
        for (; at < lines.Length && IsBeforeRequestLine(lines[at]); at++) request = TakeMark(request, lines[at], variables);
        if (at == lines.Length) return null;

        var words = lines[at].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2) throw new FormatException($"Line {firstLine + at + 1} is no request line: {lines[at]}");
        request = request with { Line = firstLine + at + 1, Method = words[0], Url = words[1] };
        var headers = new List<(string, string)>();
        for (at++; at < lines.Length && lines[at].Length > 0; at++)
        {
            var colon = lines[at].IndexOf(':', StringComparison.Ordinal);
            if (colon < 1) throw new FormatException($"Line {firstLine + at + 1} is no header: {lines[at]}");
            headers.Add((lines[at][..colon].Trim(), lines[at][(colon + 1)..].Trim()));
        }

        var body = at < lines.Length ? string.Join('\n', lines[at..].ToArray()).Trim('\n') : "";
        return request with { Headers = headers, Body = body.Length > 0 ? body : null };
    }

    private static bool IsBeforeRequestLine(string line) =>
        string.IsNullOrWhiteSpace(line) || line.StartsWith('#') || line.StartsWith('@') || line.StartsWith("//", StringComparison.Ordinal);

    private static HttpFileRequest TakeMark(HttpFileRequest request, string line, Dictionary<string, string> variables)
    {
        if (line.StartsWith('@'))
        {
            var parts = line[1..].Split('=', 2);
            variables[parts[0].Trim()] = parts[1].Trim();
            return request;
        }

        if (line.StartsWith(Separator, StringComparison.Ordinal)) return request with { Title = line.Trim('#', ' ') };
        var comment = line.TrimStart('#', '/', ' ');
        if (comment.StartsWith(NameMark, StringComparison.Ordinal)) return request with { Name = comment[NameMark.Length..].Trim() };
        if (!comment.StartsWith(ExpectMark, StringComparison.Ordinal)) return request;
        var words = comment[ExpectMark.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return request with { Status = int.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture), Code = words.ElementAtOrDefault(1) };
    }
}

/// <summary>One request of a file, its variables not yet filled in.</summary>
internal sealed record HttpFileRequest
{
    public int Line { get; init; }

    public string Title { get; init; } = "";

    public string? Name { get; init; }

    /// <summary>The status it must be answered; 0 = the file forgot to say.</summary>
    public int Status { get; init; }

    /// <summary>The problem's code, where it is one.</summary>
    public string? Code { get; init; }

    public string Method { get; init; } = "";

    public string Url { get; init; } = "";

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public string? Body { get; init; }
}
