namespace RestBroker.Cli.Client;

/// <summary>One line when the broker goes away and one when it is back, however many attempts lie between.</summary>
internal sealed class Outage(TextWriter error)
{
    private long? _since;

    public bool IsOn => _since is not null;

    public TimeSpan Duration => _since is { } since ? TimeProvider.System.GetElapsedTime(since) : TimeSpan.Zero;

    public void Away(string reason)
    {
        if (IsOn) return;
        _since = TimeProvider.System.GetTimestamp();
        error.WriteLine($"restbroker: {reason} Trying again…");
    }

    public void Back()
    {
        if (!IsOn) return;
        _since = null;
        error.WriteLine("restbroker: the broker is back.");
    }
}
