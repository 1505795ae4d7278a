using RestBroker.Core.Errors;
using RestBroker.Storage.Log;
using RestBroker.Storage.Producers;

namespace RestBroker.Tests.Storage.Producers;

/// <summary>What a log says to producers' batches, by their ids, epochs and sequences.</summary>
public sealed class ProducerSequenceTests : IDisposable
{
    private readonly LogFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(0, 0, 1, "0 again")]
    [InlineData(0, 3, 2, "3 again")]
    [InlineData(0, 5, 2, "5")]
    [InlineData(0, 6, 1, "OutOfOrderSequence 5")]
    [InlineData(0, 1, 2, "1 again")]
    [InlineData(0, 1, 1, "DuplicateSequence 5")]
    [InlineData(0, 4, 3, "DuplicateSequence 5")]
    [InlineData(1, 0, 1, "5")]
    [InlineData(1, 5, 1, "OutOfOrderSequence 0")]
    public async Task After_batches_of_one_two_and_two_records_a_batch_is_appended_answered_again_or_refused(int epoch, int sequence, int count, string expected)
    {
        var log = _fixture.Open();
        foreach (var (first, size) in new[] { (0, 1), (1, 2), (3, 2) }) await log.Append(7, 0, first, size).Committed;

        Assert.Equal(expected, log.Outcome(7, epoch, sequence, count));
        Assert.Equal("5/0", $"{log.NextOffset - (expected == "5" ? count : 0)}/{log.LogStartOffset}");
    }

    [Fact]
    public void A_producer_that_is_new_to_a_partition_begins_at_0()
    {
        var log = _fixture.Open();

        Assert.Equal("OutOfOrderSequence 0", log.Outcome(7, 0, 3));
        Assert.Equal("0", log.Outcome(7, 0, 0));
        Assert.Equal("1", log.Outcome(8, 5, 0));
    }

    [Fact]
    public void The_last_five_batches_are_known_and_an_older_one_is_told_to_be_stored()
    {
        var log = _fixture.Open();
        for (var i = 0; i < 6; i++) log.Append(7, 0, i);

        Assert.Equal("DuplicateSequence 6", log.Outcome(7, 0, 0));
        for (var i = 1; i < 6; i++) Assert.Equal($"{i} again", log.Outcome(7, 0, i));
    }

    [Fact]
    public void An_older_epoch_is_fenced_and_what_it_stored_is_not_answered_again()
    {
        var log = _fixture.Open();
        log.Append(7, 0, 0);
        log.Append(7, 2, 0);

        Assert.Equal("ProducerFenced", log.Outcome(7, 0, 0));
        Assert.Equal("ProducerFenced", log.Outcome(7, 1, 0));
        Assert.Equal("1 again", log.Outcome(7, 2, 0));
    }

    [Fact]
    public void Sequences_go_round_after_the_greatest_number()
    {
        var log = _fixture.Open();
        var state = new ProducerState(new LiveProducers(ProducerLimits.Default));
        state.Add(7, 0, new ProducerBatch(int.MaxValue - 9, int.MaxValue - 2, 0, 1), 1);
        var entry = state.Producers[7];

        Assert.Equal(int.MaxValue - 1, entry.NextSequence);
        entry.Add(0, new ProducerBatch(int.MaxValue - 1, 1, 8, 1));
        Assert.Equal(2, entry.NextSequence);
        Assert.Equal(12, entry.Batches[^1].NextOffset);
        Assert.Equal("0", log.Outcome(7, 0, 0));
    }

    [Fact]
    public async Task A_duplicate_is_answered_when_the_first_append_is_on_the_disk()
    {
        var log = _fixture.Open();
        using var disk = new ManualResetEventSlim();
        _fixture.Files.Fault = (call, path) =>
        {
            if (call == FileCall.Sync && path.EndsWith(".log", StringComparison.Ordinal)) disk.Wait(TimeSpan.FromSeconds(30));
            return 0;
        };

        var first = log.Append(7, 0, 0).Committed;
        var (again, committed) = log.Append(7, 0, 0);

        Assert.True(again.Duplicate);
        Assert.False(first.IsCompleted || committed.IsCompleted);
        disk.Set();
        await Task.WhenAll(first, committed).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task An_append_for_which_there_was_no_room_is_not_remembered()
    {
        var log = _fixture.Open();
        await log.Append(7, 0, 0).Committed;
        _fixture.Files.Fault = (call, path) => call == FileCall.Write && path.EndsWith(".log", StringComparison.Ordinal) ? FaultyFileStore.NoSpace : 0;

        Assert.Equal("DiskFull", log.Outcome(7, 0, 1));
        _fixture.Files.Fault = (_, _) => 0;

        Assert.Equal("1", log.Outcome(7, 0, 1));
    }

    [Fact]
    public void A_duplicate_is_told_before_a_condition_is_looked_at()
    {
        var log = _fixture.Open();
        using var builder = new Core.Records.RecordBatchBuilder { Producer = (7, 0, 0) };
        builder.Append(1_000, null, null);
        var batch = builder.Build();

        Assert.False(log.Append(batch, expectedNextOffset: 0, wait: false).Result.Duplicate);
        Assert.True(log.Append(batch, expectedNextOffset: 0, wait: false).Result.Duplicate);
    }

    [Fact]
    public void A_producer_that_is_silent_for_long_is_forgotten_and_a_key_too()
    {
        _fixture.Limits = _fixture.Limits with { Expiration = TimeSpan.FromHours(2), KeyWindow = TimeSpan.FromHours(1) };
        var log = _fixture.Open();
        log.Append(7, 0, 0);
        log.AppendKey("a", "body");

        _fixture.Time.Advance(TimeSpan.FromMinutes(59));
        log.Clean();
        Assert.Equal("1 again", ProducerAppends.Outcome(() => log.AppendKey("a", "body").Result));
        _fixture.Time.Advance(TimeSpan.FromMinutes(1));
        log.Clean();

        Assert.Equal("2", ProducerAppends.Outcome(() => log.AppendKey("a", "body").Result));
        Assert.Equal("0 again", log.Outcome(7, 0, 0));
        _fixture.Time.Advance(TimeSpan.FromHours(2));
        log.Clean();
        Assert.Equal("7: -", log.Describe([7]));
    }

    [Fact]
    public void More_producers_than_may_live_are_refused_and_those_that_live_go_on()
    {
        _fixture.Limits = _fixture.Limits with { MaxProducers = 2 };
        var log = _fixture.Open();
        log.Append(1, 0, 0);
        log.Append(2, 0, 0);

        Assert.Equal(nameof(BrokerError.LimitReached), log.Outcome(3, 0, 0));
        Assert.Equal("2", log.Outcome(2, 0, 1));
        _fixture.Time.Advance(TimeSpan.FromDays(1));
        log.Clean();
        Assert.Equal("3", log.Outcome(3, 0, 0));
    }

    [Fact]
    public void Of_idempotency_keys_the_oldest_are_forgotten_first()
    {
        _fixture.Limits = _fixture.Limits with { MaxKeysPerTopic = 2 };
        var log = _fixture.Open();
        foreach (var key in (string[])["a", "b", "c"]) log.AppendKey(key, "body");

        Assert.Equal("1 again", ProducerAppends.Outcome(() => log.AppendKey("b", "body").Result));
        Assert.Equal("2 again", ProducerAppends.Outcome(() => log.AppendKey("c", "body").Result));
        Assert.Equal("IdempotencyKeyReused", ProducerAppends.Outcome(() => log.AppendKey("c", "other body").Result));
        Assert.Equal("3", ProducerAppends.Outcome(() => log.AppendKey("a", "body").Result));
    }

    [Fact]
    public void Only_the_last_batch_of_a_live_producer_must_be_kept()
    {
        var log = _fixture.Open();
        foreach (var sequence in (int[])[0, 1]) log.Append(7, 0, sequence);
        log.AppendKey("a", "body");
        log.Append(-1, -1, -1);

        Assert.Equal([false, true, true, false], [.. Batches(log).Select(log.Producers.IsLastBatchOfProducer)]);
    }

    private static List<Core.Records.RecordBatch> Batches(PartitionLog log)
    {
        var bytes = File.ReadAllBytes(log.Segments[0].File.Path).AsMemory();
        var batches = new List<Core.Records.RecordBatch>();
        while (Core.Records.RecordBatch.TryRead(bytes, out var batch))
        {
            batches.Add(batch);
            bytes = bytes[batch.Size..];
        }

        return batches;
    }
}
