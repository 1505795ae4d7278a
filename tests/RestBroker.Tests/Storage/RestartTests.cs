using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage;

namespace RestBroker.Tests.Storage;

public sealed class RestartTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Everything_is_there_after_a_clean_restart()
    {
        Guid topicId;
        await using (var engine = await OpenAsync())
        {
            var topic = await engine.CreateTopicAsync(
                new TopicSpec("orders", 2, null, new Dictionary<string, string> { ["segment.bytes"] = "1024" }), default);
            topicId = topic.TopicId;
            for (var i = 0; i < 50; i++) await ProduceAsync(engine, 1, $"record {i}");
            await engine.CommitOffsetsAsync("billing", [new CommittedOffset(new("orders", 1), topicId, 17)], default);
            await engine.DeleteRecordsAsync(new("orders", 1), 3, default);
        }

        await using (var engine = await OpenAsync())
        {
            var topic = await engine.DescribeTopicAsync("orders", default);
            Assert.Equal((topicId, 2, "1024"), (topic!.TopicId, topic.PartitionCount, topic.Config.Value("segment.bytes")));
            Assert.Equal([new CommittedOffset(new("orders", 1), topicId, 17)], await engine.FetchCommittedOffsetsAsync("billing", default));
            Assert.Equal(Enumerable.Range(3, 47).Select(i => $"record {i}"), await ReadAllAsync(engine, 1, 3));
            Assert.Equal(50, (await ProduceAsync(engine, 1, "after")).BaseOffset);
        }
    }

    [Fact]
    public async Task A_deleted_topic_stays_away_and_leaves_no_files()
    {
        await using (var engine = await OpenAsync())
        {
            await engine.CreateTopicAsync(new TopicSpec("orders", 2, null, new Dictionary<string, string>()), default);
            await ProduceAsync(engine, 0, "one");
            await engine.DeleteTopicAsync("orders", default);
        }

        await using (var engine = await OpenAsync()) Assert.Null(await engine.DescribeTopicAsync("orders", default));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_directory.Path, "topics")));
    }

    [Fact]
    public async Task A_second_engine_on_the_directory_is_refused()
    {
        await using var engine = await OpenAsync();

        var refusal = await Assert.ThrowsAsync<DataDirectoryException>(OpenAsync);

        Assert.Contains("in use by another process", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_the_process_died()
    {
        TempDirectory left;
        await using (var engine = await OpenAsync())
        {
            var topic = await engine.CreateTopicAsync(new TopicSpec("orders", 1, null, new Dictionary<string, string>()), default);
            for (var i = 0; i < 20; i++) await ProduceAsync(engine, 0, $"record {i}");
            await engine.CommitOffsetsAsync("billing", [new CommittedOffset(new("orders", 0), topic.TopicId, 7)], default);
            await engine.CreateTopicAsync(new TopicSpec("later", 3, null, new Dictionary<string, string>()), default);
            await engine.DeleteTopicAsync("later", default);
            left = TempDirectory.LeftBy(_directory.Path);
        }

        using (left)
        await using (var engine = await OpenAsync(left.Path))
        {
            Assert.Equal(Enumerable.Range(0, 20).Select(i => $"record {i}"), await ReadAllAsync(engine, 0, 0));
            Assert.Equal(7, (await engine.FetchCommittedOffsetsAsync("billing", default)).Single().NextOffset);
            Assert.Null(await engine.DescribeTopicAsync("later", default));
            Assert.Equal(20, (await ProduceAsync(engine, 0, "after")).BaseOffset);
            using var result = await engine.FetchAsync(new FetchRequest { Partitions = [new(new("orders", 0), 20)] }, default);
            Assert.True(RecordBatch.TryRead(result.Partitions[0].Batches.ToArray(), out var batch));
            Assert.Equal(1, batch.LeaderEpoch);
        }
    }

    [Fact]
    public async Task Directories_that_nobody_knows_are_put_aside()
    {
        await using (var engine = await OpenAsync()) Assert.True(engine.IsHealthy);
        var foreign = Directory.CreateDirectory(Path.Combine(_directory.Path, "topics", Guid.NewGuid().ToString(), "0"));
        await File.WriteAllTextAsync(Path.Combine(foreign.FullName, "00000000000000000000.log"), "precious");

        await using (var engine = await OpenAsync()) Assert.True(engine.IsHealthy);

        Assert.Empty(Directory.GetDirectories(Path.Combine(_directory.Path, "topics")));
        var kept = Assert.Single(Directory.GetFiles(Path.Combine(_directory.Path, "quarantine"), "*.log", SearchOption.AllDirectories));
        Assert.Equal("precious", await File.ReadAllTextAsync(kept));
    }

    [Fact]
    public async Task A_directory_with_topics_but_without_its_description_is_refused()
    {
        await using (var engine = await OpenAsync()) Assert.True(engine.IsHealthy);
        File.Delete(Path.Combine(_directory.Path, "restbroker.meta"));

        var refusal = await Assert.ThrowsAsync<DataDirectoryException>(OpenAsync);

        Assert.Contains("restbroker.meta is missing", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Committed_offsets_that_no_longer_count_are_compacted_away()
    {
        await using (var engine = await OpenAsync())
        {
            var topic = await engine.CreateTopicAsync(new TopicSpec("orders", 1000, null, new Dictionary<string, string>()), default);
            for (var round = 1; round <= 10; round++)
            {
                await engine.CommitOffsetsAsync(
                    "billing", [.. Enumerable.Range(0, 1000).Select(i => new CommittedOffset(new("orders", i), topic.TopicId, round))], default);
            }

            var before = (await engine.DescribePartitionsAsync("__consumer_offsets", default)).Single();
            _time.Advance(TimeSpan.FromDays(8));
            engine.Compact();
            var after = (await engine.DescribePartitionsAsync("__consumer_offsets", default)).Single();
            Assert.InRange(after.Bytes, before.Bytes / 20, before.Bytes / 9);
            Assert.Equal((0, 10_000), (after.LogStartOffset, after.NextOffset));
        }

        await using (var engine = await OpenAsync())
        {
            Assert.Equal(1000, (await engine.FetchCommittedOffsetsAsync("billing", default)).Count(offset => offset.NextOffset == 10));
        }
    }

    [Fact]
    public async Task A_catalog_that_was_compacted_knows_every_topic_and_every_deletion()
    {
        Guid gone;
        await using (var engine = await OpenAsync())
        {
            for (var i = 0; i < 20; i++) await engine.CreateTopicAsync(new TopicSpec($"topic{i}", 1, null, new Dictionary<string, string>()), default);
            gone = (await engine.DescribeTopicAsync("topic7", default))!.TopicId;
            await engine.DeleteTopicAsync("topic7", default);
            for (var i = 1; i <= 30; i++)
                await engine.AlterTopicAsync(new TopicAlteration("topic0", null, new Dictionary<string, string?> { ["retention.ms"] = $"{i}" }, null, null), default);
            var size = new FileInfo(Path.Combine(_directory.Path, "metadata", $"{0:D20}.log")).Length;
            _time.Advance(TimeSpan.FromDays(8));
            engine.Compact();
            Assert.True(new FileInfo(Path.Combine(_directory.Path, "metadata", $"{0:D20}.log")).Length < size / 2);
            await engine.CreateTopicAsync(new TopicSpec("later", 1, null, new Dictionary<string, string>()), default);
        }

        // As if the directory of the deleted topic could not be removed.
        Directory.CreateDirectory(Path.Combine(_directory.Path, "topics", gone.ToString("D"), "0"));
        await using (var engine = await OpenAsync())
        {
            var names = (await engine.ListTopicsAsync(new TopicQuery("", null, 100, false), default)).Topics.Select(topic => topic.Name);
            Assert.Equal(Enumerable.Range(0, 20).Where(i => i != 7).Select(i => $"topic{i}").Append("later").Order(StringComparer.Ordinal), names);
            Assert.Equal("30", (await engine.DescribeTopicAsync("topic0", default))!.Config.Value("retention.ms"));
        }

        Assert.False(Directory.Exists(Path.Combine(_directory.Path, "topics", gone.ToString("D"))));
        Assert.False(Directory.Exists(Path.Combine(_directory.Path, "quarantine")));
    }

    [Theory]
    [InlineData("""{"format":2,"clusterId":"5e9a0e6e-3f0c-4b54-bd8e-96a4b8e2d0f1","nodeId":1,"features":[],"leaderEpoch":0}""", "format 2")]
    [InlineData("""{"format":1,"clusterId":"5e9a0e6e-3f0c-4b54-bd8e-96a4b8e2d0f1","nodeId":1,"features":["tiers"],"leaderEpoch":0}""", "tiers")]
    [InlineData("{\"format\":", "damaged")]
    [InlineData("", "damaged")]
    public async Task What_another_version_wrote_is_refused_and_not_touched(string meta, string said)
    {
        var path = _directory.Write("restbroker.meta", Encoding.UTF8.GetBytes(meta));

        var refusal = await Assert.ThrowsAsync<DataDirectoryException>(OpenAsync);

        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
        Assert.Equal([path], Directory.GetFileSystemEntries(_directory.Path));
        Assert.Equal(meta, File.ReadAllText(path));
    }

    private Task<EmbeddedLogEngine> OpenAsync() => OpenAsync(_directory.Path);

    private Task<EmbeddedLogEngine> OpenAsync(string path) =>
        EmbeddedLogEngine.OpenAsync(new LogConfig { DataDirectory = path }, _time, NullLoggerFactory.Instance, default);

    private static async Task<ProduceResult> ProduceAsync(EmbeddedLogEngine engine, int partition, string value)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(1_000, null, Encoding.UTF8.GetBytes(value));
        return await engine.ProduceAsync(new ProduceRequest(new("orders", partition), builder.Build(), Acks.All), default);
    }

    private static async Task<List<string>> ReadAllAsync(EmbeddedLogEngine engine, int partition, long offset)
    {
        var values = new List<string>();
        while (true)
        {
            using var result = await engine.FetchAsync(
                new FetchRequest { Partitions = [new FetchPartition(new("orders", partition), offset)] }, default);
            var rest = result.Partitions[0].Batches.ToArray().AsMemory();
            if (rest.IsEmpty) return values;
            while (RecordBatch.TryRead(rest, out var batch))
            {
                using var reader = new RecordBatchReader(batch);
                while (reader.TryRead(out var record)) values.Add(Encoding.UTF8.GetString(record.Value!.Value.Span));
                (offset, rest) = (batch.NextOffset, rest[batch.Size..]);
            }
        }
    }
}
