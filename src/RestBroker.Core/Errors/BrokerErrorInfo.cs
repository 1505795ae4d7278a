namespace RestBroker.Core.Errors;

/// <summary>One row of the error table.</summary>
/// <param name="Error">The error's name in code.</param>
/// <param name="Code">Its name on the wire of the HTTP faces, kebab-case: <c>offset-trimmed</c>.</param>
/// <param name="Title">One short sentence, the same for every occurrence.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="KafkaCode">The error code of the Kafka protocol; -1 (UNKNOWN_SERVER_ERROR) where Kafka has none.</param>
/// <param name="Retriable">Whether the same request can succeed later without being changed.</param>
/// <param name="SideEffects">What the error leaves behind unless the occurrence says otherwise.</param>
public sealed record BrokerErrorInfo(
    BrokerError Error,
    string Code,
    string Title,
    int Status,
    short KafkaCode,
    bool Retriable,
    SideEffects SideEffects);
