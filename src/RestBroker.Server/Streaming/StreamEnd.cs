namespace RestBroker.Server.Streaming;

/// <summary>How a stream ends.</summary>
/// <param name="Reason">For the goodbye.</param>
/// <param name="Reconnect">Whether the client is to come back.</param>
internal sealed record StreamEnd(string Reason, bool Reconnect)
{
    /// <summary>It has given as many records as were asked for.</summary>
    public static StreamEnd Limit { get; } = new("limit", false);

    /// <summary>It has come to where it was to end.</summary>
    public static StreamEnd Until { get; } = new("until", false);

    public static StreamEnd ShuttingDown { get; } = new("shutting-down", true);
}
