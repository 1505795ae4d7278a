using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RestBroker.Cli.Client;

/// <summary>One call. The body is bytes in memory, so that the same request can be sent again.</summary>
internal sealed record BrokerRequest(HttpMethod Method, string Path)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    public ReadOnlyMemory<byte>? Body { get; init; }

    public string ContentType { get; init; } = "application/json";

    /// <summary>For the whole exchange; a long poll adds its wait.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public static BrokerRequest Get(string path) => new(HttpMethod.Get, path);

    public static BrokerRequest Delete(string path) => new(HttpMethod.Delete, path);

    public static BrokerRequest WithJson<T>(HttpMethod method, string path, T body, JsonTypeInfo<T> type) =>
        new(method, path) { Body = JsonSerializer.SerializeToUtf8Bytes(body, type) };

    public BrokerRequest WithHeader(string name, string value) => this with { Headers = [.. Headers, new(name, value)] };

    /// <summary>A long poll: the broker may keep silent for so long.</summary>
    public BrokerRequest WaitingFor(int seconds) => this with { Timeout = DefaultTimeout + TimeSpan.FromSeconds(seconds) };

    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(Method, Path);
        if (Body is { } body)
        {
            message.Content = new ReadOnlyMemoryContent(body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        }
        foreach (var (name, value) in Headers) message.Headers.TryAddWithoutValidation(name, value);
        return message;
    }
}
