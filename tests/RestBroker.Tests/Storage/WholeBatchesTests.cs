using RestBroker.Core.Records;
using RestBroker.Storage.Log;

namespace RestBroker.Tests.Storage;

/// <summary>What is read of a segment piece by piece.</summary>
public sealed class WholeBatchesTests
{
    [Fact]
    public void However_the_bytes_come_every_whole_batch_is_counted_once()
    {
        byte[] log = [.. Batch(0, 3), .. Batch(3, 1), .. Batch(4, 200)];
        var ends = new[] { Batch(0, 3).Length, Batch(0, 3).Length + Batch(3, 1).Length, log.Length };
        var whole = new WholeBatches(0, long.MaxValue, int.MaxValue);

        for (var read = 0; read <= log.Length; read++)
        {
            whole.Take(log.AsMemory(0, read));
            Assert.Equal(ends.LastOrDefault(end => end <= read), whole.Size);
        }

        Assert.False(whole.IsOver);
    }

    [Fact]
    public void Nothing_is_taken_from_the_first_batch_on_that_does_not_belong_there()
    {
        var first = Batch(0, 3);
        var rotten = Batch(3, 1);
        rotten[^1] ^= 1;
        var unknown = Batch(3, 1);
        unknown[16] = 1; // magic
        byte[][] strangers = [rotten, unknown, Batch(0, 3), Batch(7, 1), Batch(3, 10)];
        foreach (var stranger in strangers)
        {
            var whole = new WholeBatches(0, end: 10, int.MaxValue);
            byte[] log = [.. first, .. stranger, .. Batch(3, 1)];

            whole.Take(log);
            whole.Take(log);

            Assert.Equal((first.Length, true), (whole.Size, whole.IsOver));
        }
    }

    [Fact]
    public void Offsets_may_be_missing_where_a_later_leader_began()
    {
        byte[] log = [.. Batch(0, 3), .. Batch(7, 1, leaderEpoch: 2)];
        var whole = new WholeBatches(0, long.MaxValue, int.MaxValue);

        whole.Take(log);

        Assert.Equal((log.Length, false), (whole.Size, whole.IsOver));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(141, 1)]
    [InlineData(142, 2)]
    [InlineData(1_000, 3)]
    public void One_is_taken_whatever_its_size_and_more_as_far_as_they_are_wanted(int maxBytes, int count)
    {
        byte[] log = [.. Batch(5, 1), .. Batch(6, 1), .. Batch(7, 1)];
        Assert.Equal(3 * 71, log.Length);
        var whole = new WholeBatches(5, long.MaxValue, maxBytes);

        whole.Take(log);

        Assert.Equal(count * 71, whole.Size);
    }

    private static byte[] Batch(long baseOffset, int records, int leaderEpoch = 1)
    {
        using var builder = new RecordBatchBuilder();
        for (var i = 0; i < records; i++) builder.Append(1_000, null, new byte[] { 1, 2, 3 });
        var batch = builder.Build();
        batch.StampPlace(baseOffset, leaderEpoch);
        return batch.Bytes.ToArray();
    }
}
