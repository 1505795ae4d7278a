using System.Globalization;

namespace RestBroker.Tests.Server;

/// <summary>Whole record batches out of a partition.</summary>
public sealed class BatchFetchTests
{
    [Fact]
    public async Task Batches_come_whole_from_the_one_that_holds_the_offset()
    {
        await using var broker = await StartAsync();

        var (answer, bytes) = await broker.GetBatchesAsync("?offset=1");

        Assert.Equal((200, BatchBroker.MediaType), (answer.Status, answer.Message.Content.Headers.ContentType!.MediaType));
        Assert.Equal([(0, 2), (3, 3), (4, 5)], BatchBroker.Split(bytes).Select(batch => (batch.BaseOffset, batch.LastOffset)));
        Assert.Equal(("6", "6"), (answer.Header("RB-Next-Offset"), answer.Header("RB-High-Watermark")));
        Assert.Equal(bytes.Length, answer.Message.Content.Headers.ContentLength);
        Assert.Equal("Accept", answer.Header("Vary"));
        Assert.Equal("attachment", answer.Header("Content-Disposition"));
    }

    [Fact]
    public async Task A_reader_that_follows_the_next_offset_gets_every_batch_once_whatever_maxBytes_says()
    {
        await using var broker = await StartAsync();
        var (_, all) = await broker.GetBatchesAsync();

        var pages = new List<byte>();
        for (var next = "0"; next != "6";)
        {
            var (answer, bytes) = await broker.GetBatchesAsync($"?offset={next}&maxBytes=1");
            Assert.Single(BatchBroker.Split(bytes));
            pages.AddRange(bytes);
            next = answer.Header("RB-Next-Offset");
        }

        Assert.Equal(all, pages);
    }

    [Fact]
    public async Task The_cursor_goes_on_where_the_batches_end()
    {
        await using var broker = await StartAsync();

        var (answer, _) = await broker.GetBatchesAsync("?offset=0&maxBytes=1");

        var page = await broker.PageAsync($"/v1/topics/orders/records?cursor={answer.Header("RB-Cursor")}");
        Assert.Equal(["0@3", "0@4", "0@5"], page.Places);
    }

    [Fact]
    public async Task At_the_end_there_is_nothing_and_the_place_to_go_on()
    {
        await using var broker = await StartAsync();

        var (answer, bytes) = await broker.GetBatchesAsync("?offset=6");

        Assert.Equal((200, 0, "6"), (answer.Status, bytes.Length, answer.Header("RB-Next-Offset")));
    }

    [Fact]
    public async Task A_long_poll_answers_at_the_first_batch()
    {
        await using var broker = await StartAsync();
        var waiting = broker.GetBatchesAsync("?offset=6&wait=50");

        await broker.ProduceAsync("orders", 0, "late");

        var (answer, bytes) = await waiting;
        Assert.Equal((6, "7"), (Assert.Single(BatchBroker.Split(bytes)).BaseOffset, answer.Header("RB-Next-Offset")));
    }

    [Fact]
    public async Task Before_the_start_and_beyond_the_end_it_is_refused_or_moved()
    {
        await using var broker = await StartAsync();
        await broker.TrimAsync("orders", 0, 3);

        var (trimmed, _) = await broker.GetBatchesAsync("?offset=1");
        var (beyond, _) = await broker.GetBatchesAsync("?offset=99");
        var (clamped, bytes) = await broker.GetBatchesAsync("?offset=1&clamp=true");
        var (moved, none) = await broker.GetBatchesAsync("?offset=99&clamp=true");
        var (unplaced, fromStart) = await broker.GetBatchesAsync();

        Assert.Equal((410, "offset-trimmed", 3), (trimmed.Status, trimmed.Code, (int)trimmed.Json["earliest"]!));
        Assert.Equal((416, "offset-out-of-range", 6), (beyond.Status, beyond.Code, (int)beyond.Json["nextOffset"]!));
        Assert.Equal((200, 3), (clamped.Status, BatchBroker.Split(bytes)[0].BaseOffset));
        Assert.Equal((200, 0, "6"), (moved.Status, none.Length, moved.Header("RB-Next-Offset")));
        Assert.Equal((200, bytes.Length), (unplaced.Status, fromStart.Length));
    }

    [Fact]
    public async Task Who_has_the_batches_already_is_told_so_and_JSON_has_another_tag()
    {
        await using var broker = await StartAsync();
        var (first, _) = await broker.GetBatchesAsync();

        var (again, none) = await broker.GetBatchesAsync(headers: ("If-None-Match", first.ETag!));
        var json = await broker.SendAsync(HttpMethod.Get, BatchBroker.Path, headers: ("If-None-Match", first.ETag!));
        await broker.ProduceAsync("orders", 0, "more");
        var (changed, _) = await broker.GetBatchesAsync(headers: ("If-None-Match", first.ETag!));

        Assert.Equal((304, 0, "6"), (again.Status, none.Length, again.Header("RB-Next-Offset")));
        Assert.Equal((200, 200), (json.Status, changed.Status));
    }

    [Fact]
    public async Task HEAD_tells_the_size_and_the_place()
    {
        await using var broker = await StartAsync();
        var (get, bytes) = await broker.GetBatchesAsync();

        var head = await broker.SendAsync(HttpMethod.Head, BatchBroker.Path, headers: ("Accept", BatchBroker.MediaType));

        Assert.Equal((200, bytes.Length, get.ETag), (head.Status, (int)head.Message.Content.Headers.ContentLength!, head.ETag));
        Assert.Equal("6", head.Header("RB-Next-Offset"));
    }

    [Theory]
    [InlineData("limit=5")]
    [InlineData("key=k")]
    [InlineData("keyPrefix=k")]
    [InlineData("as=text")]
    [InlineData("header.n=v")]
    public async Task What_looks_into_batches_is_refused(string query)
    {
        await using var broker = await StartAsync();

        var (refused, _) = await broker.GetBatchesAsync($"?{query}");

        Assert.Equal((400, "invalid-request"), (refused.Status, refused.Code));
        Assert.StartsWith(query[..query.IndexOf('=', StringComparison.Ordinal)], (string)refused.Json["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?offset=-1", BatchBroker.Path, 422)]
    [InlineData("?maxBytes=0", BatchBroker.Path, 422)]
    [InlineData("?wait=51", BatchBroker.Path, 422)]
    [InlineData("?from=earliest", BatchBroker.Path, 400)]
    [InlineData("", "/v1/topics/nowhere/partitions/0/records", 404)]
    [InlineData("", "/v1/topics/orders/partitions/9/records", 404)]
    [InlineData("", "/v1/topics/orders/records", 406)]
    public async Task What_cannot_be_read_is_refused_as_everywhere(string query, string path, int status)
    {
        await using var broker = await StartAsync();

        var (refused, _) = await broker.GetBatchesAsync(query, path);

        Assert.Equal(status, refused.Status);
        Assert.Equal("application/problem+json", refused.Message.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task A_type_that_is_not_offered_is_refused_and_whoever_takes_anything_gets_JSON()
    {
        await using var broker = await StartAsync();

        var refused = await broker.SendAsync(HttpMethod.Get, BatchBroker.Path, headers: ("Accept", "text/html"));
        var any = await broker.SendAsync(HttpMethod.Get, BatchBroker.Path, headers: ("Accept", "*/*"));

        Assert.Equal(406, refused.Status);
        Assert.Contains(BatchBroker.MediaType, (string)refused.Json["detail"]!, StringComparison.Ordinal);
        Assert.Equal("application/json", any.Message.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Damage_is_told_when_its_turn_comes_and_its_neighbours_are_given()
    {
        var directory = Directory.CreateTempSubdirectory("restbroker-").FullName;
        await using (var broker = TestBroker.Start(dataDirectory: directory))
        {
            await broker.CreateAsync("orders");
            foreach (var text in new[] { "zero", "the-rotten-one", "two" }) await broker.ProduceAsync("orders", 0, text);
        }

        LogDamage.Flip(directory, "the-rotten-one");
        await using (var broker = TestBroker.Start(dataDirectory: directory))
        {
            var (before, first) = await broker.GetBatchesAsync();
            var (refused, _) = await broker.GetBatchesAsync($"?offset={before.Header("RB-Next-Offset")}");
            var to = (long)refused.Json["to"]!;
            var (_, last) = await broker.GetBatchesAsync(string.Create(CultureInfo.InvariantCulture, $"?offset={to}"));

            Assert.Equal(0, Assert.Single(BatchBroker.Split(first)).BaseOffset);
            Assert.Equal((410, "record-corrupt", 2), (refused.Status, refused.Code, to));
            Assert.Equal(2, Assert.Single(BatchBroker.Split(last)).BaseOffset);
        }

        Directory.Delete(directory, recursive: true);
    }

    // Three batches: offsets 0 to 2, 3, 4 to 5.
    private static async Task<TestBroker> StartAsync()
    {
        var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a", "b", "c");
        await broker.ProduceAsync("orders", 0, "d");
        await broker.ProduceAsync("orders", 0, "e", "f");
        return broker;
    }
}
