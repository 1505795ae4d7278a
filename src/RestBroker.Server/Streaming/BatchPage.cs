using System.Runtime.InteropServices;
using RestBroker.Core.Records;

namespace RestBroker.Server.Streaming;

/// <summary>Whole batches that were found in a log, and what their headers say of them together.</summary>
internal readonly struct BatchPage
{
    // Of an FNV hash of 64 bits; the checksums are what is hashed.
    private const ulong HashSeed = 14695981039346656037;
    private const ulong HashPrime = 1099511628211;

    public BatchPage(ReadOnlyMemory<byte> bytes, long position)
    {
        (Bytes, FirstOffset, NextOffset, Fingerprint) = (bytes, position, position, HashSeed);
        // Batches are read-only by contract; the view of a batch is made for writers too.
        var left = MemoryMarshal.AsMemory(bytes);
        while (RecordBatch.TryRead(left, out var batch))
        {
            if (left.Length == bytes.Length) FirstOffset = batch.BaseOffset;
            NextOffset = Math.Max(position, batch.NextOffset);
            Fingerprint = (Fingerprint ^ batch.Crc) * HashPrime;
            left = left[batch.Size..];
        }
    }

    /// <summary>The batches, back to back.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Where the first batch begins, which may be before the offset asked for; that offset where there is none.</summary>
    public long FirstOffset { get; }

    /// <summary>Where to go on.</summary>
    public long NextOffset { get; }

    /// <summary>Of their checksums: compaction rewrites batches and keeps their offsets.</summary>
    public ulong Fingerprint { get; }
}
