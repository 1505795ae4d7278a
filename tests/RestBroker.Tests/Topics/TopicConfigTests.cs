using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Tests.Topics;

public sealed class TopicConfigTests
{
    [Fact]
    public void Defaults_are_those_of_Kafka_and_durability_is_fsync()
    {
        var config = TopicConfig.Default;

        Assert.Empty(config.Given);
        Assert.Equal(CleanupPolicy.Delete, config.CleanupPolicy);
        Assert.Null(config.Compression);
        Assert.Equal(TimeSpan.FromDays(1), config.DeleteRetention);
        Assert.Equal(Durability.Fsync, config.Durability);
        Assert.Equal(1024 * 1024, config.MaxMessageBytes);
        Assert.Equal(TimestampType.CreateTime, config.TimestampType);
        Assert.Equal(0.5, config.MinCleanableDirtyRatio);
        Assert.Equal(TimeSpan.Zero, config.MinCompactionLag);
        Assert.Equal(1, config.MinInsyncReplicas);
        Assert.Null(config.RetentionBytes);
        Assert.Equal(TimeSpan.FromDays(7), config.Retention);
        Assert.Equal(1024 * 1024 * 1024, config.SegmentBytes);
        Assert.Equal(TimeSpan.FromDays(7), config.SegmentAge);
    }

    [Theory]
    [InlineData("cleanup.policy", "compact", "compact")]
    [InlineData("cleanup.policy", "compact,delete", "compact,delete")]
    [InlineData("cleanup.policy", "delete, compact", "compact,delete")]
    [InlineData("compression.type", "producer", "producer")]
    [InlineData("compression.type", "uncompressed", "uncompressed")]
    [InlineData("compression.type", "none", "uncompressed")]
    [InlineData("compression.type", "zstd", "zstd")]
    [InlineData("compression.type", "ZSTD", "zstd")]
    [InlineData("delete.retention.ms", "0", "0")]
    [InlineData("durability", "async", "async")]
    [InlineData("max.message.bytes", "67108864", "67108864")]
    [InlineData("message.timestamp.type", "LogAppendTime", "LogAppendTime")]
    [InlineData("message.timestamp.type", "logappendtime", "LogAppendTime")]
    [InlineData("min.cleanable.dirty.ratio", "0", "0")]
    [InlineData("min.cleanable.dirty.ratio", "0.50", "0.5")]
    [InlineData("min.cleanable.dirty.ratio", "1", "1")]
    [InlineData("min.compaction.lag.ms", "60000", "60000")]
    [InlineData("min.insync.replicas", "2", "2")]
    [InlineData("retention.bytes", "-1", "-1")]
    [InlineData("retention.bytes", "0", "0")]
    [InlineData("retention.ms", "-1", "-1")]
    [InlineData("retention.ms", "1", "1")]
    [InlineData("retention.ms", "0060000", "60000")]
    [InlineData("retention.ms", "9223372036854775807", "9223372036854775807")]
    [InlineData("segment.bytes", "1024", "1024")]
    [InlineData("segment.ms", "1", "1")]
    public void A_value_that_is_allowed_is_kept_in_its_canonical_spelling(string key, string value, string canonical)
    {
        var config = Parse((key, value));

        Assert.Equal([KeyValuePair.Create(key, canonical)], config.Given);
        Assert.Equal(canonical, config.Value(key));
    }

    [Theory]
    [InlineData("cleanup.policy", "")]
    [InlineData("cleanup.policy", "none")]
    [InlineData("cleanup.policy", "delete,delete")]
    [InlineData("compression.type", "brotli")]
    [InlineData("compression.type", "lzma")]
    [InlineData("delete.retention.ms", "-1")]
    [InlineData("durability", "fdatasync")]
    [InlineData("max.message.bytes", "67108865")]
    [InlineData("max.message.bytes", "-1")]
    [InlineData("message.timestamp.type", "1")]
    [InlineData("min.cleanable.dirty.ratio", "1.1")]
    [InlineData("min.cleanable.dirty.ratio", "-0.1")]
    [InlineData("min.cleanable.dirty.ratio", "NaN")]
    [InlineData("min.cleanable.dirty.ratio", "0,5")]
    [InlineData("min.compaction.lag.ms", "-1")]
    [InlineData("min.insync.replicas", "0")]
    [InlineData("retention.bytes", "-2")]
    [InlineData("retention.ms", "0")]
    [InlineData("retention.ms", "-2")]
    [InlineData("retention.ms", "7d")]
    [InlineData("retention.ms", "1e6")]
    [InlineData("retention.ms", " 1000")]
    [InlineData("retention.ms", "1,000")]
    [InlineData("retention.ms", "9223372036854775808")]
    [InlineData("segment.bytes", "1023")]
    [InlineData("segment.bytes", "2147483648")]
    [InlineData("segment.ms", "0")]
    [InlineData("segment.ms", "")]
    [InlineData("Retention.Ms", "1000")]
    [InlineData("unclean.leader.election.enable", "true")]
    [InlineData("", "")]
    public void A_value_or_a_key_that_is_not_allowed_is_refused_by_name(string key, string value)
    {
        var error = Assert.Throws<BrokerException>(() => Parse((key, value)));

        var field = Assert.Single(error.Errors);
        Assert.Equal((BrokerError.InvalidConfig, BrokerError.InvalidConfig), (error.Error, field.Error));
        Assert.Equal($"/configs/{key}", field.Pointer);
        Assert.Contains(key, field.Detail);
        Assert.True(field.Detail.Contains($"'{value}' is not allowed") || field.Detail.Contains($"no setting '{key}'"), field.Detail);
    }

    [Fact]
    public void Every_key_at_fault_has_an_entry_whose_pointer_is_escaped()
    {
        var error = Assert.Throws<BrokerException>(() => Parse(("a/b~c", "1"), ("retention.ms", "x"), ("segment.ms", "1000")));

        Assert.Equal(["/configs/a~1b~0c", "/configs/retention.ms"], error.Errors.Select(field => field.Pointer));
    }

    [Fact]
    public void A_change_replaces_what_it_names_and_null_puts_a_key_back_to_its_default()
    {
        var config = Parse(("retention.ms", "1000"), ("segment.bytes", "4096"), ("durability", "async"));

        var changed = config.With(new Dictionary<string, string?>
        {
            ["retention.ms"] = null,
            ["segment.bytes"] = "8192",
            ["compression.type"] = "uncompressed",
        });

        Assert.Equal(["compression.type", "durability", "segment.bytes"], changed.Given.Keys);
        Assert.Equal(TimeSpan.FromDays(7), changed.Retention);
        Assert.Equal(8192, changed.SegmentBytes);
        Assert.Equal(Durability.Async, changed.Durability);
        Assert.Equal(CompressionType.None, changed.Compression);
        Assert.Equal(TimeSpan.FromSeconds(1), config.Retention);
    }

    [Fact]
    public void Putting_back_a_key_that_does_not_exist_is_refused() =>
        Assert.Throws<BrokerException>(() => TopicConfig.Default.With(new Dictionary<string, string?> { ["no.such.key"] = null }));

    [Fact]
    public void Time_without_end_is_null_or_longer_than_any_log()
    {
        var config = Parse(("retention.ms", "-1"), ("segment.ms", "9223372036854775807"), ("min.compaction.lag.ms", "9223372036854775807"));

        Assert.Null(config.Retention);
        Assert.True(config.SegmentAge > TimeSpan.FromDays(300_000));
        Assert.True(DateTimeOffset.UnixEpoch + config.MinCompactionLag > DateTimeOffset.UtcNow);
    }

    private static TopicConfig Parse(params (string Key, string Value)[] configs) =>
        TopicConfig.Parse(configs.GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.Last().Value));
}
