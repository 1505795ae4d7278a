using System.Buffers.Binary;
using System.Text;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;

namespace RestBroker.Core.Producers;

/// <summary>
/// What a log remembers of a request with an idempotency key, so that the same request is known again and another one is told apart.
/// The first record of each of the request's batches carries it in the header <c>rb-idempotency</c>: version byte 1, partition count
/// int32, SHA-256 of the request (32 bytes), the key in ASCII.
/// </summary>
/// <param name="Hash">The first 16 bytes of the request's SHA-256, which covers the key.</param>
/// <param name="PartitionCount">How many partitions the topic had: by these the request was partitioned, and is again when it is retried.</param>
public readonly record struct IdempotencyMark(UInt128 Hash, int PartitionCount)
{
    /// <summary>The header's name.</summary>
    public const string HeaderName = "rb-idempotency";

    private const byte FormatVersion = 1;
    private const int HashPosition = 5;
    private const int KeyPosition = HashPosition + 32;

    private static readonly byte[] Name = Encoding.ASCII.GetBytes(HeaderName);

    /// <summary>The header that carries the mark, and the mark as logs remember it.</summary>
    public static (Header Header, IdempotencyMark Mark) Of(string key, ReadOnlySpan<byte> sha256, int partitionCount)
    {
        var value = new byte[KeyPosition + key.Length];
        value[0] = FormatVersion;
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(1), partitionCount);
        sha256.CopyTo(value.AsSpan(HashPosition, 32));
        Encoding.ASCII.GetBytes(key, value.AsSpan(KeyPosition));
        return (new Header(Name, value), Parse(value));
    }

    /// <summary>The mark of a batch whose producer id stands for a key; null where it has none that can be read.</summary>
    public static IdempotencyMark? Of(RecordBatch batch)
    {
        try
        {
            using var reader = new RecordBatchReader(batch);
            if (!reader.TryRead(out var first)) return null;
            foreach (var header in first.Headers)
            {
                if (header.Value is { Length: >= KeyPosition } value && value.Span[0] == FormatVersion && header.Name.Span.SequenceEqual(Name))
                    return Parse(value.Span);
            }
        }
        catch (BrokerException e) when (e.Error == BrokerError.RecordCorrupt)
        {
            // A batch whose records cannot be read has no mark either.
        }

        return null;
    }

    private static IdempotencyMark Parse(ReadOnlySpan<byte> value) => new(
        BinaryPrimitives.ReadUInt128BigEndian(value[HashPosition..]), BinaryPrimitives.ReadInt32BigEndian(value[1..]));
}
