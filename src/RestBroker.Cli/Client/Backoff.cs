namespace RestBroker.Cli.Client;

/// <summary>Waits that double up to a bound, with jitter so that many clients of one broker do not return at once.</summary>
internal sealed class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private TimeSpan _next = First;

    public void Reset() => _next = First;

    public TimeSpan Next(ApiProblem? problem = null)
    {
        var wait = _next * (0.75 + (Random.Shared.NextDouble() / 2));
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        var asked = TimeSpan.FromSeconds(Math.Clamp(problem?.RetryAfterSeconds ?? 0, 0, 60));
        return wait > asked ? wait : asked;
    }
}
