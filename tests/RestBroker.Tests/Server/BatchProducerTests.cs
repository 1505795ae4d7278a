namespace RestBroker.Tests.Server;

/// <summary>Batches that bear a producer's id, epoch and sequence are stored once, by the same state as the Producer- headers.</summary>
public sealed class BatchProducerTests
{
    [Fact]
    public async Task Batches_that_are_sent_again_are_answered_with_the_first_receipts()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var id = await CreateAsync(broker);
        byte[] body = [.. BatchBroker.Batch((id, 0, 0), "a", "b"), .. BatchBroker.Batch((id, 0, 2), "c")];

        var first = await broker.PostBatchesAsync(body);
        await broker.ProduceAsync("orders", 0, "between");
        var again = await broker.PostBatchesAsync(body);

        Assert.Equal((200, false), (first.Status, (bool)first.Json["duplicate"]!));
        Assert.Equal((200, true), (again.Status, (bool)again.Json["duplicate"]!));
        Assert.Equal(Receipts(first), Receipts(again));
        Assert.Equal(4, await broker.NextOffsetAsync());
    }

    [Fact]
    public async Task Batches_and_JSON_share_the_sequence_of_a_producer()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var id = await CreateAsync(broker);
        await broker.PostBatchesAsync(BatchBroker.Batch((id, 0, 0), "a", "b"));

        var json = await broker.SendAsync(
            HttpMethod.Post, BatchBroker.Path, """{"records":[{"text":"c"}]}""", headers: [("Producer-Id", $"{id}"), ("Producer-Epoch", "0"), ("Producer-Seq", "2")]);
        var batch = await broker.PostBatchesAsync(BatchBroker.Batch((id, 0, 3), "d"));

        Assert.Equal((200, 200), (json.Status, batch.Status));
        Assert.Equal(4, (int)(await broker.GetAsync($"/v1/producers/{id}?topic=orders&partition=0")).Json["nextSequence"]!);
    }

    [Theory]
    [InlineData(0, 0, 5, 409, "out-of-order-sequence")]
    [InlineData(0, 0, 1, 409, "duplicate-sequence")]
    [InlineData(0, 9, 0, 422, "invalid-range")]
    [InlineData(70, 0, 0, 404, "not-found")]
    public async Task A_sequence_that_does_not_fit_is_refused(int addToId, short epoch, int sequence, int status, string code)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var id = await CreateAsync(broker);
        await broker.PostBatchesAsync(BatchBroker.Batch((id, 0, 0), "a", "b"));

        var refused = await broker.PostBatchesAsync(BatchBroker.Batch((id + addToId, epoch, sequence), "c"));

        Assert.Equal((status, code, "none"), (refused.Status, refused.Code, (string)refused.Json["sideEffects"]!));
        if (status == 409) Assert.Equal(2, (int)refused.Json["nextSequence"]!);
        Assert.Equal(2, await broker.NextOffsetAsync());
    }

    [Fact]
    public async Task A_producer_that_was_replaced_is_fenced()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var id = await CreateAsync(broker);
        await broker.SendAsync(HttpMethod.Post, $"/v1/producers/{id}/epoch");

        var refused = await broker.PostBatchesAsync(BatchBroker.Batch((id, 0, 0), "a"));

        Assert.Equal((409, "producer-fenced"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task A_request_stops_at_the_batch_that_is_refused_and_tells_of_those_before_it()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var id = await CreateAsync(broker);

        var refused = await broker.PostBatchesAsync([.. BatchBroker.Batch("a", "b"), .. BatchBroker.Batch((id, 0, 5), "gap"), .. BatchBroker.Batch("c")]);

        Assert.Equal((409, "out-of-order-sequence", "possible"), (refused.Status, refused.Code, (string)refused.Json["sideEffects"]!));
        Assert.Equal((1, 0), ((int)refused.Json["batch"]!, (int)refused.Json["nextSequence"]!));
        Assert.Equal(
            """[{"partition":0,"baseOffset":0,"lastOffset":1,"count":2,"timestamp":1700000000001,"duplicate":false}]""",
            refused.Json["batches"]!.ToJsonString());
        Assert.Equal(["a", "b"], (await broker.PageAsync(BatchBroker.Path)).Texts);
    }

    [Fact]
    public async Task What_is_new_before_a_duplicate_is_readable_when_the_answer_comes()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var id = await CreateAsync(broker);
        var numbered = BatchBroker.Batch((id, 0, 0), "a");
        await broker.PostBatchesAsync(numbered);

        var stored = await broker.PostBatchesAsync([.. BatchBroker.Batch("b"), .. numbered]);

        Assert.Equal((200, false), (stored.Status, (bool)stored.Json["duplicate"]!));
        Assert.Equal([false, true], stored.Json["batches"]!.AsArray().Select(receipt => (bool)receipt!["duplicate"]!));
        Assert.Equal(["a", "b"], (await broker.PageAsync(BatchBroker.Path)).Texts);
    }

    [Fact]
    public async Task A_log_that_was_read_is_poured_elsewhere_without_its_producers()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.CreateAsync("copy");
        var id = await CreateAsync(broker);
        await broker.PostBatchesAsync(BatchBroker.Batch((id, 0, 0), "a"));
        await broker.PostBatchesAsync(BatchBroker.Batch((id, 0, 1), "b"));
        var keyed = await broker.SendAsync(HttpMethod.Post, BatchBroker.Path, """{"records":[{"text":"c"}]}""", headers: ("Idempotency-Key", "once"));
        Assert.Equal(200, keyed.Status);
        var (_, bytes) = await broker.GetBatchesAsync("?offset=1");

        var refused = await broker.PostBatchesAsync(bytes, path: "/v1/topics/copy/partitions/0/records");
        var poured = await broker.PostBatchesAsync(bytes, "?dropProducer=true", "/v1/topics/copy/partitions/0/records");

        Assert.Equal((422, "invalid-record"), (refused.Status, refused.Code));
        Assert.Equal(200, poured.Status);
        Assert.Equal(["b", "c"], (await broker.PageAsync("/v1/topics/copy/records")).Texts);
        var (_, copy) = await broker.GetBatchesAsync(path: "/v1/topics/copy/partitions/0/records");
        Assert.All(BatchBroker.Split(copy), batch => Assert.Equal((-1L, (short)-1, -1), (batch.ProducerId, batch.ProducerEpoch, batch.BaseSequence)));
    }

    [Theory]
    [InlineData("Producer-Id", "0", 400, "invalid-request")]
    [InlineData("Producer-Seq", "0", 400, "invalid-request")]
    [InlineData("Idempotency-Key", "once", 422, "not-supported-by-engine")]
    public async Task The_headers_of_other_requests_are_refused(string name, string value, int status, string code)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");

        var refused = await broker.PostBatchesAsync(BatchBroker.Batch("a"), headers: (name, value));

        Assert.Equal((status, code), (refused.Status, refused.Code));
        Assert.Equal(0, await broker.NextOffsetAsync());
    }

    [Fact]
    public async Task A_producer_waits_for_an_answer()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var id = await CreateAsync(broker);

        var refused = await broker.PostBatchesAsync(BatchBroker.Batch((id, 0, 0), "a"), "?acks=none");

        Assert.Equal((422, "invalid-range"), (refused.Status, refused.Code));
    }

    private static async Task<long> CreateAsync(TestBroker broker) =>
        (long)(await broker.SendAsync(HttpMethod.Post, "/v1/producers")).Json["producerId"]!;

    private static IEnumerable<(long, long)> Receipts(Answer answer) =>
        answer.Json["batches"]!.AsArray().Select(receipt => ((long)receipt!["baseOffset"]!, (long)receipt["lastOffset"]!));
}
