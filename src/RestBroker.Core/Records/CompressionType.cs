namespace RestBroker.Core.Records;

/// <summary>The codec of a batch's records: bits 0..2 of its attributes.</summary>
public enum CompressionType
{
    /// <summary>As they are.</summary>
    None = 0,

    /// <summary>RFC 1952.</summary>
    Gzip = 1,

    /// <summary>Snappy blocks in the framing of snappy-java, which Kafka's clients write; a bare block is read too.</summary>
    Snappy = 2,

    /// <summary>LZ4 frame format.</summary>
    Lz4 = 3,

    /// <summary>RFC 8878.</summary>
    Zstd = 4,
}
