using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RestBroker.Tests.Server;

namespace RestBroker.Tests.Http;

/// <summary>Sends a file's requests from top to bottom; <c>{{name.response.headers.ETag}}</c> and <c>{{name.response.body.$.cursor}}</c> are of earlier answers.</summary>
internal sealed partial class HttpFileRun(HttpFile file, HttpClient client)
{
    private readonly Dictionary<string, Answer> _answers = [];

    /// <summary>What differs from what the file expects, a line each.</summary>
    public async Task<List<string>> FaultsAsync()
    {
        var faults = new List<string>();
        foreach (var request in file.Requests)
        {
            var answer = await SendAsync(request);
            if (request.Name is not null) _answers[request.Name] = answer;
            if (Fault(request, answer) is { } fault)
                faults.Add($"line {request.Line}, {request.Title} ({request.Method} {request.Url}): {fault}\n    {answer.Body}");
        }

        return faults;
    }

    private static string? Fault(HttpFileRequest request, Answer answer)
    {
        if (request.Status == 0) return "has no '# expect:' line";
        if (answer.Status != request.Status) return $"expected {request.Status}, not {answer.Status}";
        if (request.Status >= 400 && request.Code is null) return "an error's expectation names its code";
        return request.Code is null || answer.Code == request.Code ? null : $"expected {request.Code}, not {answer.Code}";
    }

    private async Task<Answer> SendAsync(HttpFileRequest request)
    {
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), Filled(request.Url));
        if (request.Body is { } body) message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Filled(body)));
        foreach (var (name, value) in request.Headers)
        {
            if (!string.Equals(name, "Content-Type", StringComparison.OrdinalIgnoreCase))
                message.Headers.TryAddWithoutValidation(name, Filled(value));
            else
                (message.Content ??= new ByteArrayContent([])).Headers.ContentType = MediaTypeHeaderValue.Parse(Filled(value));
        }

        return await Answer.OfAsync(await client.SendAsync(message));
    }

    private string Filled(string text) => Placeholder().Replace(text, match => Value(match.Groups[1].Value.Trim()));

    private string Value(string name)
    {
        if (name == "host") return client.BaseAddress!.ToString().TrimEnd('/');
        if (file.Variables.TryGetValue(name, out var value)) return Filled(value);
        var parts = name.Split('.', 4);
        if (parts.Length == 4 && parts[1] == "response" && _answers.TryGetValue(parts[0], out var answer))
        {
            if (parts[2] == "headers" && answer.Header(parts[3]) is { } header) return header;
            if (parts[2] == "body" && Find(answer.Json, parts[3]) is { } found) return found;
        }

        throw new FormatException($"There is nothing behind {{{{{name}}}}}.");
    }

    private static string? Find(JsonNode? node, string path)
    {
        foreach (Match step in PathStep().Matches(path))
            node = step.Groups[1].Success ? node?[step.Groups[1].Value] : node?[int.Parse(step.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture)];
        return node?.ToString();
    }

    [GeneratedRegex(@"\{\{([^}]*)\}\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\.(\w+)|\[(\d+)\]")]
    private static partial Regex PathStep();
}
