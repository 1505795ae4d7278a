using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace RestBroker.Tests.Server;

/// <summary>An event as it came.</summary>
/// <param name="Type"><c>message</c> where it has no name.</param>
/// <param name="Id">The position.</param>
/// <param name="Data">One line.</param>
internal sealed record ServerEvent(string Type, string Id, string Data)
{
    public JsonNode Json => JsonNode.Parse(Data)!;

    public string Text => (string)Json["text"]!;

    public override string ToString() => $"{Type} {Id} {Data}";
}

/// <summary>
/// A client of event streams that forgives nothing: every event must have an id and exactly one line of data, and nothing else may come.
/// </summary>
internal sealed class EventsReader : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;
    private readonly byte[] _chunk = new byte[16 * 1024];
    private readonly MemoryStream _line = new();
    private int _read;
    private int _next;
    private bool _isOpen;

    private EventsReader(HttpResponseMessage response, Stream stream)
    {
        _response = response;
        _stream = stream;
    }

    public HttpResponseMessage Response => _response;

    /// <summary>The id of the last whole event.</summary>
    public string? LastEventId { get; private set; }

    /// <summary>The stream ends for the reader after so many bytes, wherever that is.</summary>
    public long CutAfter { get; set; } = long.MaxValue;

    /// <summary>Opens a stream; it must be 200.</summary>
    public static async Task<EventsReader> OpenAsync(TestBroker broker, string path, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        var response = await broker.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{response.StatusCode}");
        return new EventsReader(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event of whatever type; the stream must not end.</summary>
    public async Task<ServerEvent> NextAsync() => await NextOrEndAsync() ?? throw new InvalidOperationException("The stream ended.");

    /// <summary>The next event of a type, heartbeats passed over.</summary>
    public async Task<ServerEvent> NextAsync(string type)
    {
        while (true)
        {
            var found = await NextAsync();
            if (found.Type == "heartbeat" && type != "heartbeat") continue;
            Assert.True(found.Type == type, $"{type} expected, {found} found");
            return found;
        }
    }

    /// <summary>The next event; null where the stream ends between two events or is cut.</summary>
    public async Task<ServerEvent?> NextOrEndAsync()
    {
        if (!_isOpen)
        {
            if (await LineAsync() is not { } retry || await LineAsync() is not { } blank) return null;
            Assert.Equal(("retry: 2000", ""), (retry, blank));
            _isOpen = true;
        }

        if (await LineAsync() is not { } line) return null;
        var type = "message";
        if (line.StartsWith("event: ", StringComparison.Ordinal))
        {
            type = line["event: ".Length..];
            Assert.NotEqual("error", type);
            if (await LineAsync() is not { } after) return null;
            line = after;
        }

        Assert.StartsWith("id: 1~", line, StringComparison.Ordinal);
        if (await LineAsync() is not { } data || await LineAsync() is not { } end) return null;
        Assert.StartsWith("data: {", data, StringComparison.Ordinal);
        Assert.Equal("", end);
        LastEventId = line["id: ".Length..];
        return new ServerEvent(type, LastEventId, data["data: ".Length..]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _response.Dispose();
    }

    private async Task<string?> LineAsync()
    {
        _line.SetLength(0);
        while (true)
        {
            if (_next == _read && !await FillAsync()) return null;
            var end = Array.IndexOf(_chunk, (byte)'\n', _next, _read - _next);
            _line.Write(_chunk, _next, (end < 0 ? _read : end) - _next);
            _next = end < 0 ? _read : end + 1;
            if (end < 0) continue;
            var text = Strict.GetString(_line.GetBuffer(), 0, (int)_line.Length);
            Assert.DoesNotContain('\r', text);
            return text;
        }
    }

    private async Task<bool> FillAsync()
    {
        var count = (int)Math.Min(_chunk.Length, CutAfter);
        if (count == 0) return false;
        (_next, _read) = (0, await _stream.ReadAsync(_chunk.AsMemory(0, count)).AsTask().WaitAsync(Patience));
        CutAfter -= _read;
        return _read > 0;
    }
}
