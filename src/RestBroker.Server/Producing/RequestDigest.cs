using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace RestBroker.Server.Producing;

/// <summary>
/// SHA-256 over all that decides what a request with an idempotency key stores: the key, the kind of the request, the partition, the body.
/// What decides only the answer (acks) or whether it may be stored (If-Match) is not in it. Each part is preceded by its length, so that
/// no two requests run together to the same bytes.
/// </summary>
internal static class RequestDigest
{
    /// <summary>Of a JSON request: its bytes, as they were before they were encoded for the way.</summary>
    public static byte[] OfRecords(IdempotencyKey key, int? partition, ReadOnlySpan<byte> body)
    {
        using var hash = Begin(key, "records", partition);
        Add(hash, body);
        return hash.GetHashAndReset();
    }

    /// <summary>Of a request that is one record. <paramref name="kind"/> tells apart what the record alone does not.</summary>
    public static byte[] OfRecord(IdempotencyKey key, string kind, in ProducedRecord record)
    {
        using var hash = Begin(key, kind, record.Partition);
        Add(hash, record.Key);
        Add(hash, record.Value);
        Add(hash, record.Timestamp?.ToString(CultureInfo.InvariantCulture));
        // A client may send its headers in another order the next time.
        foreach (var header in record.Headers.OrderBy(header => Encoding.UTF8.GetString(header.Name.Span), StringComparer.Ordinal))
        {
            Add(hash, header.Name);
            Add(hash, header.Value);
        }

        return hash.GetHashAndReset();
    }

    private static IncrementalHash Begin(IdempotencyKey key, string kind, int? partition)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, key.Text);
        Add(hash, kind);
        Add(hash, partition?.ToString(CultureInfo.InvariantCulture));
        return hash;
    }

    private static void Add(IncrementalHash hash, string? text) => Add(hash, text is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(text));

    private static void Add(IncrementalHash hash, ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is { } some) Add(hash, some.Span);
        else AddLength(hash, -1);
    }

    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        AddLength(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void AddLength(IncrementalHash hash, int length)
    {
        Span<byte> prefix = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(prefix, length);
        hash.AppendData(prefix);
    }
}
