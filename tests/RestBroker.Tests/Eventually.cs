using Microsoft.Extensions.Time.Testing;

namespace RestBroker.Tests;

/// <summary>What happens on the other side of a connection sooner or later: waited for by looking again.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>Completes when the condition is true.</summary>
    public static async Task IsTrueAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition()) await Task.Delay(Pause, patience.Token);
    }

    /// <summary>The same while a manual clock goes on, step by step: the other side may not wait for it yet, and then sees a later step.</summary>
    public static Task PassUntilAsync(this FakeTimeProvider time, TimeSpan step, Func<Task<bool>> condition) => IsTrueAsync(() =>
    {
        time.Advance(step);
        return condition();
    });

    /// <summary>Lets a manual clock go on until a task has completed, and gives its result.</summary>
    public static async Task<T> PassUntilAsync<T>(this FakeTimeProvider time, TimeSpan step, Task<T> task)
    {
        await time.PassUntilAsync(step, (Task)task);
        return await task;
    }

    /// <summary>Lets a manual clock go on until a task has completed, well or not.</summary>
    public static Task PassUntilAsync(this FakeTimeProvider time, TimeSpan step, Task task) =>
        time.PassUntilAsync(step, () => Task.FromResult(task.IsCompleted));
}
