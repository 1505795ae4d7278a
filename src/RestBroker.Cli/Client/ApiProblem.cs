namespace RestBroker.Cli.Client;

/// <summary>The members of a problem document (RFC 9457) that this tool acts upon or shows.</summary>
internal sealed record ApiProblem
{
    public string? Title { get; init; }

    public int Status { get; init; }

    public string? Detail { get; init; }

    public string? Code { get; init; }

    public bool Retriable { get; init; }

    public string? SideEffects { get; init; }

    public double? RetryAfterSeconds { get; init; }

    public IReadOnlyList<ProblemError>? Errors { get; init; }

    /// <summary>With <c>lease-fenced</c>: the positions of what is still owned.</summary>
    public string? Cursor { get; init; }

    // A proxy's 502 says nothing about what reached the broker, so silence counts as "possible".
    public bool NothingDone => SideEffects == "none";

    public bool WorthRetrying => Retriable || Status is 429 or 502 or 503 or 504;
}

internal sealed record ProblemError(string? Pointer, string? Code, string? Detail);
