using System.IO.Compression;
using K4os.Compression.LZ4.Streams;
using RestBroker.Core.Errors;

namespace RestBroker.Core.Records;

/// <summary>Compresses and decompresses the records of a batch; decompression keeps to a budget, whatever the bytes claim.</summary>
internal static class BatchCompression
{
    private const int ChunkSize = 64 * 1024;

    // Kafka's Java client reads no frame whose blocks depend on one another, which are this library's default.
    private static readonly LZ4EncoderSettings Lz4Settings = new() { ChainBlocks = false };

    public static void Compress(CompressionType type, ReadOnlySpan<byte> source, PooledBuffer target)
    {
        switch (type)
        {
            case CompressionType.Gzip:
                using (var gzip = new GZipStream(new PooledBufferStream(target), CompressionLevel.Fastest)) gzip.Write(source);
                break;
            case CompressionType.Snappy:
                SnappyFraming.Compress(source, target);
                break;
            case CompressionType.Lz4:
                LZ4Frame.Encode(source, target, Lz4Settings);
                break;
            case CompressionType.Zstd:
                using (var zstd = new ZstdSharp.Compressor())
                {
                    var room = target.GetSpan(ZstdSharp.Compressor.GetCompressBound(source.Length));
                    target.Advance(zstd.Wrap(source, room));
                }

                break;
            default:
                target.Write(source);
                break;
        }
    }

    /// <exception cref="BrokerException">RecordCorrupt: the bytes are not of the codec, or would grow beyond the budget.</exception>
    public static PooledBuffer Decompress(CompressionType type, ReadOnlyMemory<byte> source, int maxSize)
    {
        var target = new PooledBuffer((int)Math.Min(source.Length * 4L, maxSize));
        try
        {
            if (type == CompressionType.Snappy) SnappyFraming.Decompress(source.Span, target, maxSize);
            else Copy(Open(type, source), target, maxSize);
            return target;
        }
        catch (Exception e) when (e is not BrokerException)
        {
            // Each codec has its own exceptions for bytes that are not its own; all of them mean that.
            target.Dispose();
            throw new BrokerException(BrokerError.RecordCorrupt, $"The records of a batch are not valid {type}: {e.Message}", e);
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    public static BrokerException TooLarge(int maxSize) =>
        new(BrokerError.RecordCorrupt, $"The records of a batch take more than {maxSize} bytes when decompressed.")
        {
            Members = new Dictionary<string, object> { [RecordBatchReader.BudgetMember] = maxSize },
        };

    private static Stream Open(CompressionType type, ReadOnlyMemory<byte> source)
    {
        var stream = new MemoryStream(source.ToArray(), writable: false);
        return type switch
        {
            CompressionType.Gzip => new GZipStream(stream, CompressionMode.Decompress),
            CompressionType.Lz4 => LZ4Stream.Decode(stream),
            CompressionType.Zstd => new ZstdSharp.DecompressionStream(stream),
            _ => throw new BrokerException(BrokerError.RecordCorrupt, $"There is no codec {(int)type}."),
        };
    }

    private static void Copy(Stream source, PooledBuffer target, int maxSize)
    {
        using (source)
        {
            while (true)
            {
                var count = source.Read(target.GetSpan(ChunkSize)[..ChunkSize]);
                if (count == 0) return;
                if (target.Length + count > maxSize) throw TooLarge(maxSize);
                target.Advance(count);
            }
        }
    }
}
