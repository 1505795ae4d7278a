namespace RestBroker.Core.Records;

/// <summary>A header of a record. Names may repeat and keep their order.</summary>
/// <param name="Name">UTF-8.</param>
/// <param name="Value">Any bytes, or null.</param>
public readonly record struct Header(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte>? Value);
