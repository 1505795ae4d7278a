using RestBroker.Core.Engine;
using RestBroker.Storage.Log;

namespace RestBroker.Tests.Storage;

public sealed class CommitWaitTests
{
    [Fact]
    public async Task A_commit_gives_the_result_that_was_waited_for()
    {
        var commit = NewCommit();
        var wait = CommitWait.ThenAsync(commit.Task, ResultOf(7), CancellationToken.None);
        Assert.False(wait.IsCompleted);

        commit.SetResult();

        Assert.Equal(7, (await wait).BaseOffset);
    }

    [Fact]
    public async Task A_failed_commit_is_told()
    {
        var commit = NewCommit();
        var wait = CommitWait.ThenAsync(commit.Task, ResultOf(7), CancellationToken.None);

        commit.SetException(new IOException("The disk failed."));

        Assert.Equal("The disk failed.", (await Assert.ThrowsAsync<IOException>(async () => await wait)).Message);
    }

    [Fact]
    public async Task Who_is_cancelled_before_the_wait_begins_is_told_so()
    {
        var commit = NewCommit();

        var wait = CommitWait.ThenAsync(commit.Task, ResultOf(7), new CancellationToken(canceled: true));

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await wait);
        commit.SetResult();
    }

    [Fact]
    public async Task A_commit_after_a_cancellation_does_not_end_a_later_wait()
    {
        using var cancellation = new CancellationTokenSource();
        var (first, second) = (NewCommit(), NewCommit());
        var cancelled = CommitWait.ThenAsync(first.Task, ResultOf(1), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await cancelled);

        var later = CommitWait.ThenAsync(second.Task, ResultOf(2), CancellationToken.None);
        first.SetResult();
        await CommitWait.ThenAsync(first.Task, ResultOf(1), CancellationToken.None);

        Assert.False(later.IsCompleted);
        second.SetResult();
        Assert.Equal(2, (await later).BaseOffset);
    }

    [Fact]
    public async Task Each_of_many_waits_gets_its_own_result_whoever_is_cancelled_meanwhile()
    {
        for (var round = 0; round < 200; round++)
        {
            using var cancellation = new CancellationTokenSource();
            var commit = NewCommit();
            var waits = Enumerable.Range(0, 32)
                .Select(i => OffsetOrNullAsync(commit.Task, i, i % 2 == 0 ? cancellation.Token : CancellationToken.None))
                .ToArray();
            await Task.WhenAll(Task.Run(cancellation.Cancel), Task.Run(commit.SetResult));

            var offsets = await Task.WhenAll(waits);

            for (var i = 0; i < offsets.Length; i++)
                Assert.True(offsets[i] == i || (offsets[i] is null && i % 2 == 0), $"Round {round}: wait {i} got {offsets[i]}.");
        }
    }

    private static async Task<long?> OffsetOrNullAsync(Task commit, long offset, CancellationToken cancellationToken)
    {
        try
        {
            return (await CommitWait.ThenAsync(commit, ResultOf(offset), cancellationToken)).BaseOffset;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static TaskCompletionSource NewCommit() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static ProduceResult ResultOf(long offset) => new(offset, null, 0);
}
