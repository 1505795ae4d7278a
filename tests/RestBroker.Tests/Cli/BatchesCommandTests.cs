using RestBroker.Core.Records;
using RestBroker.Tests.Server;

namespace RestBroker.Tests.Cli;

/// <summary>Batches out of one partition and into another, by the tool.</summary>
public sealed class BatchesCommandTests : IAsyncDisposable
{
    private readonly TestBroker _broker = TestBroker.Start();
    private readonly TempDirectory _directory = new();

    public async ValueTask DisposeAsync()
    {
        _directory.Dispose();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task A_partition_is_dumped_to_a_file_and_poured_into_another_topic()
    {
        await CreateAsync("orders", "copy");
        foreach (var codec in Enum.GetValues<CompressionType>()) await _broker.PostBatchesAsync(BatchBroker.Batch(codec, $"{codec}", "x"));
        var keyed = await _broker.SendAsync(HttpMethod.Post, BatchBroker.Path, """{"records":[{"text":"once"}]}""", headers: ("Idempotency-Key", "k"));
        Assert.Equal(200, keyed.Status);
        var file = Path.Combine(_directory.Path, "orders.batches");

        var dump = await RunAsync([], "batches", "dump", "orders", "--file", file);
        var pour = await RunAsync([], "batches", "pour", "copy", "--file", file);

        Assert.Equal((0, 0), (dump.ExitCode, pour.ExitCode));
        Assert.EndsWith("bytes of orders-0, up to offset 11\n", dump.Error, StringComparison.Ordinal);
        Assert.Equal((await _broker.GetBatchesAsync()).Bytes, await File.ReadAllBytesAsync(file));
        Assert.Equal((await _broker.PageAsync(BatchBroker.Path)).Texts, (await _broker.PageAsync("/v1/topics/copy/records")).Texts);
    }

    [Fact]
    public async Task Standard_output_and_standard_input_make_a_pipe()
    {
        await CreateAsync("orders", "copy");
        for (var i = 0; i < 3; i++) await _broker.PostBatchesAsync(BatchBroker.Batch($"{i}", "x"));

        var dump = await RunAsync([], "batches", "dump", "orders", "--from-offset", "3");
        var pour = await RunAsync(dump.OutputBytes, "batches", "pour", "copy");

        Assert.Equal((0, ""), (pour.ExitCode, pour.Output));
        Assert.Equal(["1", "x", "2", "x"], (await _broker.PageAsync("/v1/topics/copy/records")).Texts);
    }

    [Fact]
    public async Task An_empty_partition_is_an_empty_dump()
    {
        await CreateAsync("orders");

        var dump = await RunAsync([], "batches", "dump", "orders");

        Assert.Equal((0, "", "0 bytes of orders-0, up to offset 0\n"), (dump.ExitCode, dump.Output, dump.Error));
    }

    [Fact]
    public async Task Batches_that_keep_their_producer_are_stored_once_however_often_they_are_poured()
    {
        await CreateAsync("orders");
        var id = (long)(await _broker.SendAsync(HttpMethod.Post, "/v1/producers")).Json["producerId"]!;
        byte[] batches = [.. BatchBroker.Batch((id, 0, 0), "a"), .. BatchBroker.Batch((id, 0, 1), "b")];

        for (var i = 0; i < 2; i++) Assert.Equal(0, (await RunAsync(batches, "batches", "pour", "orders", "--keep-producer")).ExitCode);

        Assert.Equal(["a", "b"], (await _broker.PageAsync(BatchBroker.Path)).Texts);
    }

    [Fact]
    public async Task What_is_damaged_stops_a_pour_which_says_where_to_go_on()
    {
        await CreateAsync("orders");
        byte[] good = BatchBroker.Batch("one"), next = BatchBroker.Batch("two");

        var cut = await RunAsync([.. good, .. next[..^1]], "batches", "pour", "orders");
        var rest = await RunAsync([.. good, .. next], "batches", "pour", "orders", "--skip-bytes", $"{good.Length}");

        Assert.Equal(1, cut.ExitCode);
        Assert.Equal($"restbroker: the input ends inside the batch at byte {good.Length}. Go on with --skip-bytes {good.Length}.\n", cut.Error);
        Assert.Equal((0, $"{next.Length} bytes to orders-0\n"), (rest.ExitCode, rest.Error));
        Assert.Equal(["one", "two"], (await _broker.PageAsync(BatchBroker.Path)).Texts);
    }

    [Theory]
    [InlineData("batches dump nowhere")]
    [InlineData("batches dump orders --partition 9")]
    [InlineData("batches dump orders --from-offset 99")]
    [InlineData("batches dump orders --file /nowhere/at/all")]
    [InlineData("batches pour orders --file /nowhere/at/all")]
    [InlineData("batches pour orders --skip-bytes 5")]
    public async Task A_refusal_is_one_line_and_1(string commandLine)
    {
        await CreateAsync("orders");

        var run = await RunAsync([], commandLine.Split(' '));

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Matches("^restbroker: [^\n]+\n$", run.Error);
    }

    private async Task CreateAsync(params string[] topics)
    {
        foreach (var topic in topics) await _broker.CreateAsync(topic);
    }

    private Task<CommandRun> RunAsync(byte[] input, params string[] args) => CommandRun.RunAsync(input, [.. args, "--server", _broker.Address.ToString()]);
}
