using System.Buffers.Binary;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Server.Producing;

namespace RestBroker.Tests.Server;

/// <summary>Batches that are not what they should be: refused by name, and nothing of the request is stored.</summary>
public sealed class BatchDamageTests(BatchDamageTests.OneBroker one) : IClassFixture<BatchDamageTests.OneBroker>
{
    private static readonly Dictionary<string, Func<byte[], byte[]>> Damages = new()
    {
        ["nothing in it"] = _ => [],
        ["a bit of a record"] = batch => Set(batch, 70, (byte)(batch[70] ^ 1)),
        ["its last byte is missing"] = batch => batch[..^1],
        ["a piece of a header"] = batch => batch[..60],
        ["one byte too many"] = batch => [.. batch, 0],
        ["magic 1"] = batch => Set(batch, 16, 1),
        ["magic 3"] = batch => Set(batch, 16, 3),
        ["length -1"] = batch => Set32(batch, 8, -1),
        ["length 0"] = batch => Set32(batch, 8, 0),
        ["length one too few"] = batch => Set32(batch, 8, batch.Length - 13),
        ["length one too many"] = batch => Set32(batch, 8, batch.Length - 11),
        ["length 2^31-1"] = batch => Set32(batch, 8, int.MaxValue),
        ["checksum 0"] = batch => Set32(batch, 17, 0),
        ["more records than there are"] = batch => BatchBroker.WithCrc(Set32(Set32(batch, 57, 3), 23, 2)),
        ["fewer records than there are"] = batch => BatchBroker.WithCrc(Set32(Set32(batch, 57, 1), 23, 0)),
        ["a negative count"] = batch => BatchBroker.WithCrc(Set32(batch, 57, -2)),
        ["a negative last offset"] = batch => BatchBroker.WithCrc(Set32(batch, 23, -1)),
        ["more records than offsets"] = batch => BatchBroker.WithCrc(Set32(batch, 57, 9)),
        // Behind the header: length, attributes, timestamp, offset of a record, a byte each.
        ["an offset twice"] = batch => BatchBroker.WithCrc(Set(batch, 61 + 1 + (batch[61] >> 1) + 3, 0)),
        ["a key longer than its record"] = batch => BatchBroker.WithCrc(Set(batch, 65, 126)),
        ["a codec that there is not"] = batch => BatchBroker.WithCrc(Set(batch, 22, 7)),
        ["gzip that is none"] = batch => BatchBroker.WithCrc(Set(batch, 22, 1)),
        ["snappy that is none"] = batch => BatchBroker.WithCrc(Set(batch, 22, 2)),
        ["lz4 that is none"] = batch => BatchBroker.WithCrc(Set(batch, 22, 3)),
        ["zstd that is none"] = batch => BatchBroker.WithCrc(Set(batch, 22, 4)),
        ["holes between its offsets"] = batch => BatchBroker.WithCrc(Set32(batch, 23, 5)),
        ["no records"] = _ => Empty(),
        ["a delete horizon"] = batch => BatchBroker.WithCrc(Set(batch, 22, 0x40)),
        ["a bit without a meaning"] = batch => BatchBroker.WithCrc(Set(batch, 21, 0x01)),
        ["a transaction"] = batch => BatchBroker.WithCrc(Set(batch, 22, 0x10)),
        ["a control batch"] = batch => BatchBroker.WithCrc(Set(batch, 22, 0x20)),
        ["a producer without a sequence"] = batch => BatchBroker.WithCrc(Set32(Set32(batch, 43, 0), 47, 7)),
        ["the producer id of an Idempotency-Key"] = batch => BatchBroker.WithCrc(Set(batch, 43, 0x40)),
    };

    public static TheoryData<string, int, string, string> Refusals { get; } = new()
    {
        { "nothing in it", 400, "invalid-request", "empty" },
        { "a bit of a record", 400, "invalid-request", "CRC-32C" },
        { "its last byte is missing", 400, "invalid-request", "cut" },
        { "a piece of a header", 400, "invalid-request", "cut" },
        { "one byte too many", 400, "invalid-request", "1 bytes are left" },
        { "magic 1", 400, "invalid-request", "its magic is 1" },
        { "magic 3", 400, "invalid-request", "its magic is 3" },
        { "length -1", 400, "invalid-request", "its length field says -1" },
        { "length 0", 400, "invalid-request", "its length field says 0" },
        { "length one too few", 400, "invalid-request", "CRC-32C" },
        { "length one too many", 400, "invalid-request", "its length field is wrong" },
        { "length 2^31-1", 400, "invalid-request", "2147483659 bytes" },
        { "checksum 0", 400, "invalid-request", "CRC-32C" },
        { "more records than there are", 400, "invalid-request", "3 records" },
        { "fewer records than there are", 400, "invalid-request", "1 records" },
        { "a negative count", 400, "invalid-request", "-2 records" },
        { "a negative last offset", 400, "invalid-request", "makes no sense" },
        { "more records than offsets", 400, "invalid-request", "9 records" },
        { "an offset twice", 400, "invalid-request", "format" },
        { "a key longer than its record", 400, "invalid-request", "format" },
        { "a codec that there is not", 400, "invalid-request", "codec 7" },
        { "gzip that is none", 400, "invalid-request", "Gzip" },
        { "snappy that is none", 400, "invalid-request", "Snappy" },
        { "lz4 that is none", 400, "invalid-request", "Lz4" },
        { "zstd that is none", 400, "invalid-request", "Zstd" },
        { "holes between its offsets", 422, "invalid-record", "spans 6 offsets" },
        { "no records", 422, "invalid-record", "0 records" },
        { "a delete horizon", 422, "invalid-record", "attributes 64" },
        { "a bit without a meaning", 422, "invalid-record", "attributes 256" },
        { "a transaction", 422, "not-supported-by-engine", "transaction" },
        { "a control batch", 422, "not-supported-by-engine", "control batch" },
        { "a producer without a sequence", 422, "invalid-record", "the sequence -1" },
        { "the producer id of an Idempotency-Key", 422, "invalid-record", "dropProducer=true" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_batch_that_is_not_right_is_refused_by_its_place_and_none_of_the_request_is_stored(string damage, int status, string code, string words)
    {
        var (broker, topic) = (one.Broker, $"t{Guid.NewGuid():n}");
        await broker.CreateAsync(topic);
        var good = damage == "nothing in it" ? [] : BatchBroker.Batch("a good one");
        var bad = Damages[damage](BatchBroker.Batch("one", "two"));

        var refused = await broker.PostBatchesAsync([.. good, .. bad], path: $"/v1/topics/{topic}/partitions/0/records");

        Assert.Equal((status, code, "none"), (refused.Status, refused.Code, (string)refused.Json["sideEffects"]!));
        Assert.Contains(words, (string)refused.Json["detail"]!, StringComparison.Ordinal);
        if (good.Length > 0) Assert.Matches($"^Batch [12], at byte {(damage == "one byte too many" ? good.Length + bad.Length - 1 : good.Length)} ", (string)refused.Json["detail"]!);
        Assert.Equal(0, await broker.NextOffsetAsync(topic));
    }

    [Fact]
    public void No_bit_that_is_wrong_goes_unseen_but_in_what_the_log_stamps_itself()
    {
        var batch = BatchBroker.Batch("one", "two");
        var seen = 0;
        for (var bit = 0; bit < batch.Length * 8; bit++)
        {
            var changed = batch.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            var isStamped = bit / 8 is < 8 or (>= 12 and < 16);
            if (isStamped) Assert.Single(BatchBody.Split(changed, maxRecords: 10, []));
            else Assert.Equal(BrokerError.InvalidRequest, Assert.Throws<BrokerException>(() => BatchBody.Split(changed, maxRecords: 10, [])).Error);
            seen += isStamped ? 0 : 1;
        }

        Assert.Equal((batch.Length - 12) * 8, seen);
    }

    [Fact]
    public void A_body_that_was_cut_anywhere_but_between_batches_is_refused()
    {
        byte[] first = BatchBroker.Batch("one", "two"), body = [.. first, .. BatchBroker.Batch(CompressionType.Gzip, "three")];
        for (var length = 0; length < body.Length; length++)
        {
            var cut = body[..length];
            if (length == first.Length) Assert.Single(BatchBody.Split(cut, maxRecords: 10, []));
            else Assert.Equal(BrokerError.InvalidRequest, Assert.Throws<BrokerException>(() => BatchBody.Split(cut, maxRecords: 10, [])).Error);
        }

        Assert.Equal(2, BatchBody.Split(body, maxRecords: 10, []).Count);
    }

    private static byte[] Set(byte[] batch, int position, byte value)
    {
        batch[position] = value;
        return batch;
    }

    private static byte[] Set32(byte[] batch, int position, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(position), value);
        return batch;
    }

    private static byte[] Empty()
    {
        var bytes = new byte[RecordBatch.HeaderSize];
        RecordBatch.WriteEmpty(bytes, baseOffset: 0, lastOffset: 3, leaderEpoch: 0);
        return bytes;
    }

    /// <summary>The broker of all these cases; each has a topic of its own.</summary>
    public sealed class OneBroker : IAsyncLifetime
    {
        internal TestBroker Broker { get; } = TestBroker.Start();

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync() => await Broker.DisposeAsync();
    }
}
