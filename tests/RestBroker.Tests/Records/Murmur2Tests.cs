using System.Text;
using RestBroker.Core.Records;

namespace RestBroker.Tests.Records;

public sealed class Murmur2Tests
{
    /// <summary>From Kafka's UtilsTest; the lengths leave 2, 2, 0, 2, 0 and 3 bytes after the last word.</summary>
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void The_hash_of_a_key_is_that_of_the_Java_client(string key, int expected) =>
        Assert.Equal(expected, (int)Murmur2.Hash(Encoding.UTF8.GetBytes(key)));

    /// <summary>The partitions that kafka-python 2.0.2 chooses.</summary>
    [Theory]
    [InlineData("", 6, 3)]
    [InlineData("k", 6, 2)]
    [InlineData("93.114.45.13", 6, 1)]
    [InlineData("83.149.9.216", 1000, 173)]
    [InlineData("a-little-bit-longer-string", 1000, 819)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", 7, 3)]
    [InlineData("foobar", 1, 0)]
    public void The_partition_of_a_key_is_the_one_that_Kafka_clients_choose(string key, int partitionCount, int expected) =>
        Assert.Equal(expected, Murmur2.Partition(Encoding.UTF8.GetBytes(key), partitionCount));
}
