using System.Text;
using RestBroker.Cli.Produce;
using RestBroker.Cli.Shell;

namespace RestBroker.Tests.Cli;

public sealed class BatchQueueTests
{
    private static readonly RecordShape Text = new(isJson: false, []);

    [Fact]
    public async Task A_single_line_of_a_pipe_does_not_wait_for_a_second()
    {
        using var queue = new BatchQueue(Text, eager: true);
        var taken = queue.TakeAsync(CancellationToken.None);

        queue.Add(new KeyedLine(default, false, "one"u8), 1, 4);

        Assert.Equal(1, (await taken)!.Count);
    }

    [Fact]
    public async Task Lines_that_come_while_a_request_is_on_its_way_go_together()
    {
        using var queue = new BatchQueue(Text, eager: true);
        queue.Add(new KeyedLine(default, false, "one"u8), 1, 4);
        await queue.TakeAsync(CancellationToken.None);

        queue.Add(new KeyedLine(default, false, "two"u8), 2, 8);
        queue.Add(new KeyedLine(default, false, "three"u8), 3, 14);
        queue.End();

        Assert.Equal(2, (await queue.TakeAsync(CancellationToken.None))!.Count);
        Assert.Null(await queue.TakeAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_file_goes_in_full_requests_in_the_order_of_its_lines()
    {
        using var queue = new BatchQueue(Text, eager: false);
        var file = new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(1, 2_500).Select(number => $"{number}\n"))));
        new LineSource(file, KeyRule.None, Text, queue).Start();

        var batches = new List<(int, long, long)>();
        while (await queue.TakeAsync(CancellationToken.None) is { } batch) batches.Add((batch.Count, batch.FirstLine, batch.LastLine));

        Assert.Equal([(1_000, 1, 1_000), (1_000, 1_001, 2_000), (500, 2_001, 2_500)], batches);
    }

    [Fact]
    public async Task Lines_before_a_bad_one_are_still_handed_over()
    {
        var shape = new RecordShape(isJson: true, []);
        using var queue = new BatchQueue(shape, eager: false);
        new LineSource(new MemoryStream("{\"a\":1}\n\n[2]\n{},{}\n3\n"u8.ToArray()), KeyRule.None, shape, queue).Start();

        var batch = await queue.TakeAsync(CancellationToken.None);
        var refusal = await Assert.ThrowsAsync<CommandFailedException>(() => queue.TakeAsync(CancellationToken.None));

        Assert.Equal((2, 1, 3), (batch!.Count, batch.FirstLine, batch.LastLine));
        Assert.Contains("line 4 is not a JSON value", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_of_an_earlier_run_are_skipped()
    {
        using var queue = new BatchQueue(Text, eager: false);
        new LineSource(new MemoryStream("a\nb\nc\n"u8.ToArray()), KeyRule.None, Text, queue) { SkipLines = 2 }.Start();

        var batch = await queue.TakeAsync(CancellationToken.None);

        Assert.Equal((1, 3), (batch!.Count, batch.FirstLine));
    }
}
