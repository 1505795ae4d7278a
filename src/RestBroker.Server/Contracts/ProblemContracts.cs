namespace RestBroker.Server.Contracts;

/// <summary>What every refusal looks like: RFC 9457, <c>application/problem+json</c>. Some carry further members.</summary>
/// <param name="Type">A reference to the entry in <c>/v1/problems</c>.</param>
/// <param name="Title">The same sentence for every occurrence.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What was asked, what holds, what to do.</param>
/// <param name="Code">What a program looks at.</param>
/// <param name="Retriable">Whether the same request can succeed later.</param>
/// <param name="SideEffects"><c>none</c>, or <c>possible</c>: a retry may store a second time.</param>
/// <param name="RetryAfterSeconds">How long to wait first.</param>
/// <param name="RequestId">The request's name in the broker's log.</param>
/// <param name="Errors">The faults in the body.</param>
public sealed record ProblemResponse(
    string Type,
    string Title,
    int Status,
    string Detail,
    string Code,
    bool Retriable,
    string SideEffects,
    long? RetryAfterSeconds,
    string RequestId,
    IReadOnlyList<FieldErrorResponse>? Errors);

/// <summary>A fault in the body.</summary>
/// <param name="Pointer">JSON Pointer (RFC 6901) to it.</param>
/// <param name="Code">What is wrong there.</param>
/// <param name="Detail">The sentence for a person.</param>
public sealed record FieldErrorResponse(string Pointer, string Code, string Detail);

/// <summary>Every problem there is.</summary>
/// <param name="Items">In the order of the table.</param>
public sealed record ProblemListResponse(IReadOnlyList<ProblemEntryResponse> Items);

/// <summary>A row of the table of problems.</summary>
/// <param name="Code">What a program looks at.</param>
/// <param name="Title">The same sentence for every occurrence.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Retriable">Whether the same request can succeed later.</param>
/// <param name="SideEffects">What it leaves behind, unless the occurrence says otherwise.</param>
/// <param name="Detail">More for a person.</param>
public sealed record ProblemEntryResponse(string Code, string Title, int Status, bool Retriable, string SideEffects, string Detail);

/// <summary>Whether the broker lives, or is ready.</summary>
/// <param name="Status"><c>ok</c>; what is not ok is a problem document.</param>
public sealed record HealthResponse(string Status);
