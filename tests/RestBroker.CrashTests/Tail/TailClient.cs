using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace RestBroker.CrashTests.Tail;

/// <summary>A record that a stream gave.</summary>
internal readonly record struct TailRecord(int Partition, long Offset, string Value);

/// <summary>
/// A client of event streams that forgives nothing and is cut all the time: it keeps what it got over all its connections, and goes on
/// where the last whole event left it.
/// </summary>
internal sealed class TailClient(Uri stream) : IDisposable
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    // A pooled connection that a cut has ended would look like a cut of the next stream.
    private readonly HttpClient _client = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly byte[] _chunk = new byte[16 * 1024];
    private readonly MemoryStream _line = new();
    private int _next;
    private int _read;
    private long _left;

    public string? LastEventId { get; set; }

    /// <summary>Everything that came, in its order.</summary>
    public List<TailRecord> Seen { get; } = [];

    /// <summary>Reads one connection to its end: so many bytes, whatever cuts it, or as much as is enough. True where it had begun.</summary>
    public async Task<bool> ReadAsync(long byteCount, Func<bool> isEnough, CancellationToken cancellationToken)
    {
        (_next, _read, _left) = (0, 0, byteCount);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, stream);
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
            if (LastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", LastEventId);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable) return false; // the broker is about to stop
            if (!response.IsSuccessStatusCode) throw new InvalidOperationException($"{response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellationToken)}");
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            await LineAsync(body, cancellationToken);
            await LineAsync(body, cancellationToken);
            while (!isEnough() && await EventAsync(body, cancellationToken))
            {
            }

            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException)
        {
            return _read > 0;
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<bool> EventAsync(Stream body, CancellationToken cancellationToken)
    {
        if (await LineAsync(body, cancellationToken) is not { } line) return false;
        var type = "message";
        if (line.StartsWith("event: ", StringComparison.Ordinal))
        {
            type = line["event: ".Length..];
            if (await LineAsync(body, cancellationToken) is not { } after) return false;
            line = after;
        }

        if (await LineAsync(body, cancellationToken) is not { } data || await LineAsync(body, cancellationToken) is not { } blank) return false;
        Require(line.StartsWith("id: 1~", StringComparison.Ordinal) && data.StartsWith("data: {", StringComparison.Ordinal) && blank.Length == 0, line + data);
        var (id, json) = (line["id: ".Length..], JsonNode.Parse(data["data: ".Length..])!);
        if (type == "message") Add(id, json);
        else Require(type is "heartbeat" or "up-to-date" || (type == "bye" && (string)json["reason"]! == "shutting-down"), $"{type} {data}");
        LastEventId = id;
        return true;
    }

    private void Add(string id, JsonNode json)
    {
        var record = new TailRecord((int)json["partition"]!, (long)json["offset"]!, (string)json["text"]!);
        var slot = id.Split('~')[2].Split('.')[record.Partition];
        Require(slot == (record.Offset + 1).ToString(CultureInfo.InvariantCulture), $"{id} stands beside {record}");
        Seen.Add(record);
    }

    private async Task<string?> LineAsync(Stream body, CancellationToken cancellationToken)
    {
        _line.SetLength(0);
        while (true)
        {
            if (_next == _read)
            {
                var count = (int)Math.Min(_chunk.Length, _left);
                (_next, _read) = (0, count == 0 ? 0 : await body.ReadAsync(_chunk.AsMemory(0, count), cancellationToken));
                _left -= _read;
                if (_read == 0) return null;
            }

            var end = Array.IndexOf(_chunk, (byte)'\n', _next, _read - _next);
            _line.Write(_chunk, _next, (end < 0 ? _read : end) - _next);
            _next = end < 0 ? _read : end + 1;
            if (end >= 0) return Strict.GetString(_line.GetBuffer(), 0, (int)_line.Length);
        }
    }

    private static void Require(bool isSo, string what)
    {
        if (!isSo) throw new InvalidOperationException($"This is no event of the contract: {what}");
    }
}
