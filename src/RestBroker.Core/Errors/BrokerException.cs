namespace RestBroker.Core.Errors;

/// <summary>
/// A refusal to a client: one exception with a code from the table serves HTTP and the Kafka wire alike.
/// The message says what was asked, what holds and what to do.
/// </summary>
public sealed class BrokerException(BrokerError error, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The row of the error table.</summary>
    public BrokerError Error { get; } = error;

    /// <summary>Whether this occurrence may have changed something; the table's answer unless set.</summary>
    public SideEffects SideEffects { get; init; } = BrokerErrors.Of(error).SideEffects;

    /// <summary>How long a client had better wait before it retries; null = no advice.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The faults inside the body, where there are several or a place to point at.</summary>
    public IReadOnlyList<FieldError> Errors { get; init; } = [];

    /// <summary>
    /// Extra members of the problem document: numbers and strings a program acts on, such as <c>earliest</c> or <c>nextOffset</c>.
    /// Values are <see cref="long"/>, <see cref="int"/>, <see cref="string"/> or <see cref="bool"/>.
    /// </summary>
    public IReadOnlyDictionary<string, object> Members { get; init; } = new Dictionary<string, object>();
}
