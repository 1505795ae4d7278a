using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.CrashTests.History;
using RestBroker.Storage.Durability;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Recovery;

namespace RestBroker.CrashTests.Disk;

/// <summary>D3: wherever a write is torn, a batch is there whole or not at all.</summary>
public sealed class TornBatchTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const string Directory = "/data/topics/t/0";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_batch_that_is_torn_at_any_byte_is_gone_and_those_before_it_are_there(bool isPowerCut)
    {
        var (seed, batches) = (Effort.Seed(), Effort.Of(5, 50));
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var (bytes, ends) = Write(random, batches);

        for (var torn = 0; torn <= bytes.Length; torn++)
        {
            // What lies behind the tear may be what the disk had there before: zeros, which can complete a batch that ends in some.
            var left = bytes[..torn].Concat(new byte[isPowerCut ? random.Next(600) : 0]).ToArray();
            var found = Count(left, isPowerCut);
            var whole = ends.TakeWhile(end => end <= left.Length && bytes.AsSpan(0, end).SequenceEqual(left.AsSpan(0, end))).Count();
            Assert.True(found == whole, $"Seed {seed}, torn at {torn} of {bytes.Length}: {found} batches, and {whole} were whole.");
        }

        var verdict = new Verdict(batches, batches, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        output.WriteLine(FaultTable.Add($"batch torn at every byte, {(isPowerCut ? "power cut" : "kill")}", bytes.Length + 1, verdict, $"{seed}"));
    }

    private static (byte[] Bytes, List<int> Ends) Write(Random random, int batches)
    {
        using var bytes = new MemoryStream();
        var ends = new List<int>();
        long offset = 0;
        for (var i = 0; i < batches; i++)
        {
            using var builder = new RecordBatchBuilder();
            for (var record = random.Next(1, 4); record > 0; record--) builder.Append(1_000, null, Encoding.UTF8.GetBytes(new string('x', random.Next(60))));
            var batch = builder.Build();
            batch.StampPlace(offset, 0);
            offset = batch.NextOffset;
            bytes.Write(batch.Bytes.Span);
            ends.Add((int)bytes.Length);
        }

        return (bytes.ToArray(), ends);
    }

    private static int Count(ReadOnlySpan<byte> bytes, bool isPowerCut)
    {
        var disk = new FaultyDisk(0);
        disk.CreateDirectory(Directory);
        using (var file = disk.Open($"{Directory}/{0:D20}.log"))
        {
            disk.Write(file, bytes, 0);
            disk.Sync(file);
        }

        for (var path = Directory; path.Length > 1; path = Path.GetDirectoryName(path)!) disk.SyncDirectory(path);
        disk = disk.Reboot(isPowerCut);

        using var flusher = new LogFlusher(1, NullLogger<LogFlusher>.Instance);
        var host = new LogHost(
            new OpenSegments(disk, 10), flusher, TimeProvider.System, 1, disk.BootId, TimeSpan.FromSeconds(1), NullLogger<PartitionLog>.Instance);
        var log = new LogLoader(host, StartKind.Unclean, "/data/quarantine").Recover(new TopicPartition("t", 0), Directory, TopicConfig.Default, new RecoveryReport()).Finish();
        var count = 0;
        for (long offset = 0; offset < log.HighWatermark.Value;)
        {
            var (error, slice) = log.Read(offset, 1);
            Assert.Equal(BrokerError.None, error);
            Assert.True(RecordBatch.TryRead(slice.Buffer.AsMemory(0, slice.Count), out var batch));
            (offset, count) = (batch.NextOffset, count + 1);
        }

        return count;
    }
}
