namespace RestBroker.Tests.Cli;

public sealed class FailureTests
{
    private const string Receipt = """{"results":[],"duplicate":false}""";

    [Fact]
    public async Task What_the_broker_certainly_did_not_store_is_sent_again()
    {
        await using var broker = await Responder.StartAsync(
            Responder.Problem(503, "storage-failed", ""","retriable":true,"sideEffects":"none" """), Responder.Ok(Receipt));

        var run = await ProduceAsync(broker, "a\n");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("restbroker: Title: Detail. Trying again…\nrestbroker: the broker is back.\n1 record to t\n", run.Error);
        Assert.Equal(["""POST /v1/topics/t/records {"records":[{"text":"a"}]}""", """POST /v1/topics/t/records {"records":[{"text":"a"}]}"""], broker.Requests);
    }

    [Fact]
    public async Task What_may_be_stored_is_not_sent_again_and_the_user_is_told_where_to_go_on()
    {
        await using var broker = await Responder.StartAsync(null, Responder.Ok(Receipt));

        var run = await ProduceAsync(broker, "a\nb\nc\n", "--skip-lines", "2");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            $"restbroker: no answer from {broker.Url}: the connection broke. Line 3 may or may not be stored; 0 records acknowledged: --skip-lines 2 may repeat, --skip-lines 3 may lose.\n",
            run.Error);
        Assert.Single(broker.Requests);
    }

    [Fact]
    public async Task A_503_with_possible_side_effects_is_not_sent_again()
    {
        await using var broker = await Responder.StartAsync(Responder.Problem(503, "storage-failed", ""","retriable":true,"sideEffects":"possible" """));

        var run = await ProduceAsync(broker, "a\n");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("may or may not be stored", run.Error, StringComparison.Ordinal);
        Assert.Single(broker.Requests);
    }

    [Fact]
    public async Task A_refused_record_is_named_by_its_line()
    {
        await using var broker = await Responder.StartAsync(
            Responder.Problem(413, "record-too-large", ""","sideEffects":"none","errors":[{"pointer":"/records/0/text","code":"too-large"}]"""));

        var run = await ProduceAsync(broker, "skipped\nlarge\n", "--skip-lines", "1");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("restbroker: line 2: Title: Detail. (/records/0/text too-large) 0 records acknowledged; go on with --skip-lines 1.\n", run.Error);
    }

    [Fact]
    public async Task Another_program_behind_the_address_is_one_readable_line()
    {
        await using var broker = await Responder.StartAsync(Responder.Ok("<html>"));

        var run = await CommandRun.RunAsync("topics", "describe", "t", "--server", broker.Url);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Equal("restbroker: the answer (HTTP 200) is not what a RestBroker sends. Is --server right?\n", run.Error);
    }

    [Fact]
    public async Task A_consumer_goes_on_with_its_cursor_when_the_broker_was_away()
    {
        await using var broker = await Responder.StartAsync(
            Responder.Ok("""{"records":[{"topic":"t","partition":0,"offset":0,"text":"a"}],"cursor":"c1"}"""),
            null,
            Responder.Ok("""{"records":[{"topic":"t","partition":0,"offset":1,"text":"b"}],"cursor":"c2"}"""));

        var run = await CommandRun.RunAsync("consume", "t", "--from", "2026-01-01T00:00:00+09:00", "--partition", "1,0", "--max-messages", "2", "--server", broker.Url);

        Assert.Equal((0, "a\nb\n"), (run.ExitCode, run.Output));
        Assert.Equal($"restbroker: no answer from {broker.Url}: the connection broke. Trying again…\nrestbroker: the broker is back.\n", run.Error);
        Assert.Equal(
            [
                "GET /v1/topics/t/records?from=2026-01-01T00%3A00%3A00%2B09%3A00&partitions=0%2C1&wait=0&limit=2&maxBytes=4194304",
                "GET /v1/topics/t/records?cursor=c1&partitions=0%2C1&wait=20&limit=1&maxBytes=4194304",
                "GET /v1/topics/t/records?cursor=c1&partitions=0%2C1&wait=20&limit=1&maxBytes=4194304",
            ],
            broker.Requests);
    }

    [Fact]
    public async Task Records_that_retention_took_are_a_line_on_standard_error_and_reading_goes_on()
    {
        await using var broker = await Responder.StartAsync(
            Responder.Ok("""{"records":[],"cursor":"c1"}"""),
            Responder.Problem(410, "offset-trimmed"),
            Responder.Ok("""{"records":[{"topic":"t","partition":0,"offset":9,"text":"z"}],"cursor":"c2","gaps":[{"topic":"t","partition":0,"from":3,"to":9,"reason":"corrupt"}]}"""));

        var run = await CommandRun.RunAsync("consume", "t", "--max-messages", "1", "--server", broker.Url);

        Assert.Equal((0, "z\n"), (run.ExitCode, run.Output));
        Assert.Equal("restbroker: Title: Detail.\nrestbroker: t-0: offsets 3 to 8 cannot be read (corrupt)\n", run.Error);
        Assert.EndsWith("&clamp=true", broker.Requests[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_that_lost_a_partition_commits_the_rest_and_prints_nothing_twice()
    {
        const string Lease = """ "lease":{"id":"L","epoch":1} """;
        await using var broker = await Responder.StartAsync(
            Responder.Ok("""{"group":"g","mode":"partitioned","topics":["t"]}"""),
            Responder.Ok($$"""{"records":[{"topic":"t","partition":0,"offset":0,"text":"a"},{"topic":"t","partition":1,"offset":0,"text":"b"}],"cursor":"c1",{{Lease}}}"""),
            Responder.Problem(409, "lease-fenced", ""","retriable":true,"sideEffects":"none","cursor":"c1-rest" """),
            Responder.Ok("""{"offsets":[{"topic":"t","partition":0,"nextOffset":1}]}"""),
            Responder.Ok($$"""{"records":[{"topic":"t","partition":1,"offset":0,"text":"b"},{"topic":"t","partition":1,"offset":1,"text":"c"}],"cursor":"c2",{{Lease}}}"""),
            Responder.Ok("""{"offsets":[{"topic":"t","partition":0,"nextOffset":1},{"topic":"t","partition":1,"nextOffset":2}]}"""),
            new Responder.Prepared(204, ""));

        var run = await CommandRun.RunAsync("consume", "t", "--group", "g", "--member", "m", "--max-messages", "3", "--server", broker.Url);

        Assert.Equal((0, "a\nb\nc\n", ""), (run.ExitCode, run.Output, run.Error));
        Assert.Equal(
            [
                "GET /v1/groups/g",
                """POST /v1/groups/g/fetch {"member":"m","limit":3,"wait":0}""",
                """POST /v1/groups/g/commit {"lease":{"id":"L","epoch":1},"cursor":"c1"}""",
                """POST /v1/groups/g/commit {"lease":{"id":"L","epoch":1},"cursor":"c1-rest"}""",
                """POST /v1/groups/g/fetch {"member":"m","lease":{"id":"L","epoch":1},"limit":1,"wait":20}""",
                """POST /v1/groups/g/commit {"lease":{"id":"L","epoch":1},"cursor":"c2"}""",
                "DELETE /v1/groups/g/members/m",
            ],
            broker.Requests);
    }

    [Fact]
    public async Task Two_processes_with_one_member_name_do_not_fence_each_other_for_ever()
    {
        var fence = Responder.Problem(409, "lease-fenced", ""","retriable":true,"sideEffects":"none" """);
        await using var broker = await Responder.StartAsync(
            Responder.Ok("""{"group":"g","mode":"partitioned","topics":["t"]}"""), fence, fence, fence, fence);

        var run = await CommandRun.RunAsync("consume", "t", "--group", "g", "--member", "m", "--server", broker.Url);

        Assert.Equal((1, "restbroker: Title: Detail.\n"), (run.ExitCode, run.Error));
        // The name is the other's now; to leave would throw it out.
        Assert.DoesNotContain(broker.Requests, request => request.StartsWith("DELETE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_group_of_other_topics_is_not_joined()
    {
        await using var broker = await Responder.StartAsync(Responder.Ok("""{"group":"g","mode":"partitioned","topics":["a","b"]}"""));

        var run = await CommandRun.RunAsync("consume", "t", "--group", "g", "--server", broker.Url);

        Assert.Equal((1, "restbroker: group g reads a, b, not t; use another group, or delete this one.\n"), (run.ExitCode, run.Error));
    }

    private static Task<CommandRun> ProduceAsync(Responder broker, string input, params string[] more) =>
        CommandRun.RunAsync(input, ["produce", "t", "--server", broker.Url, .. more]);
}
