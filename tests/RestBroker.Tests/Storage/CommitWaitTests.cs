using System.Collections.Concurrent;
using RestBroker.Core.Engine;
using RestBroker.Storage.Log;

namespace RestBroker.Tests.Storage;

public sealed class CommitWaitTests
{
    private readonly ConcurrentQueue<CommitWait> _kept = [];

    [Fact]
    public async Task A_commit_gives_the_result_that_was_waited_for()
    {
        var commit = NewCommit();
        var wait = ThenAsync(commit.Task, 7);
        Assert.False(wait.IsCompleted);

        commit.SetResult();

        Assert.Equal(7, (await wait).BaseOffset);
    }

    [Fact]
    public async Task A_failed_commit_is_told()
    {
        var commit = NewCommit();
        var wait = ThenAsync(commit.Task, 7);

        commit.SetException(new IOException("The disk failed."));

        Assert.Equal("The disk failed.", (await Assert.ThrowsAsync<IOException>(async () => await wait)).Message);
    }

    [Fact]
    public async Task Who_is_cancelled_before_the_wait_begins_is_told_so()
    {
        var commit = NewCommit();

        var wait = ThenAsync(commit.Task, 7, new CancellationToken(canceled: true));

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await wait);
        commit.SetResult();
    }

    [Fact]
    public async Task Who_was_cancelled_is_used_again_only_after_the_commit_that_knows_it()
    {
        using var cancellation = new CancellationTokenSource();
        var (first, second) = (NewCommit(), NewCommit());
        var cancelled = ThenAsync(first.Task, 1, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await cancelled);
        Assert.Empty(_kept);
        var later = ThenAsync(second.Task, 2);

        first.SetResult();
        await IsKeptAsync();

        Assert.False(later.IsCompleted);
        second.SetResult();
        Assert.Equal(2, (await later).BaseOffset);
    }

    [Fact]
    public async Task Who_asks_twice_or_too_early_is_refused_and_takes_from_nobody()
    {
        var (first, second) = (NewCommit(), NewCommit());
        var early = ThenAsync(first.Task, 1);
        Assert.Throws<InvalidOperationException>(() => Result(early));
        first.SetResult();
        Assert.Equal(1, (await early).BaseOffset);
        await IsKeptAsync();

        var next = ThenAsync(second.Task, 2);
        Assert.Throws<InvalidOperationException>(() => Result(early));
        second.SetResult();

        Assert.Equal(2, (await next).BaseOffset);
        await IsKeptAsync();
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

    private async Task<long?> OffsetOrNullAsync(Task commit, long offset, CancellationToken cancellationToken)
    {
        try
        {
            return (await ThenAsync(commit, offset, cancellationToken)).BaseOffset;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static TaskCompletionSource NewCommit() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The commit lets go after it has told the caller.
    private Task IsKeptAsync() => Eventually.IsTrueAsync(() => Task.FromResult(_kept.Count == 1));

    private ValueTask<ProduceResult> ThenAsync(Task commit, long offset, CancellationToken cancellationToken = default) =>
        CommitWait.ThenAsync(_kept, commit, new ProduceResult(offset, null, 0), cancellationToken);

    // As nobody should.
    private static ProduceResult Result(ValueTask<ProduceResult> wait) => wait.GetAwaiter().GetResult();
}
