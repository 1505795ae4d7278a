using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Which records a read wants: by key, by the key's beginning, by headers; all that is given must hold. Looks at the record's bytes, before
/// any JSON is written.
/// </summary>
internal sealed class RecordFilter
{
    /// <summary>What precedes a header's name in a query: <c>header.trace-id=…</c>.</summary>
    public const string HeaderPrefix = "header.";

    private const int MaxHeaderFilters = 64;

    private readonly byte[]? _key;
    private readonly byte[]? _keyPrefix;
    private readonly IReadOnlyList<(byte[] Name, byte[] Value)> _headers;

    private RecordFilter(string? key, string? keyPrefix, IReadOnlyList<(byte[] Name, byte[] Value)> headers)
    {
        _key = key is null ? null : Encoding.UTF8.GetBytes(key);
        _keyPrefix = keyPrefix is null ? null : Encoding.UTF8.GetBytes(keyPrefix);
        _headers = headers;
    }

    /// <summary>The filter of a request, or null where it takes every record.</summary>
    /// <exception cref="BrokerException"><see cref="BrokerError.InvalidRequest"/>.</exception>
    public static RecordFilter? From(string? key, string? keyPrefix, QueryString query)
    {
        var headers = new List<(byte[] Name, byte[] Value)>();
        // Names of query parameters are folded by the framework, those of record headers are not: read the query as it was sent.
        foreach (var pair in new QueryStringEnumerable(query.Value))
        {
            var name = pair.DecodeName().Span;
            if (!name.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase)) continue;
            headers.Add((Utf8(name[HeaderPrefix.Length..]), Utf8(pair.DecodeValue().Span)));
        }

        if (headers.Count > MaxHeaderFilters)
            throw new BrokerException(BrokerError.InvalidRequest, $"There are {headers.Count} header filters; at most {MaxHeaderFilters} are taken.");
        return key is null && keyPrefix is null && headers.Count == 0 ? null : new RecordFilter(key, keyPrefix, headers);
    }

    public bool Matches(in Record record)
    {
        if (_key is not null && !(record.Key is { } key && key.Span.SequenceEqual(_key))) return false;
        if (_keyPrefix is not null && !(record.Key is { } start && start.Span.StartsWith(_keyPrefix))) return false;
        foreach (var (name, value) in _headers)
        {
            if (!HasHeader(record.Headers, name, value)) return false;
        }

        return true;
    }

    private static bool HasHeader(RecordHeaders headers, byte[] name, byte[] value)
    {
        foreach (var header in headers)
        {
            if (header.Value is { } bytes && header.Name.Span.SequenceEqual(name) && bytes.Span.SequenceEqual(value)
                && !RecordFormats.IsHidden(name)) return true;
        }

        return false;
    }

    private static byte[] Utf8(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
