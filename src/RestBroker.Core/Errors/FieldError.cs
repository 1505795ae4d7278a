namespace RestBroker.Core.Errors;

/// <summary>One fault inside a request's body.</summary>
/// <param name="Pointer">JSON Pointer (RFC 6901) to the member at fault: <c>/records/3/value</c>.</param>
/// <param name="Error">What is wrong there.</param>
/// <param name="Detail">The sentence for a person.</param>
public sealed record FieldError(string Pointer, BrokerError Error, string Detail);
