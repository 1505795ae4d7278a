using RestBroker.Core.Errors;

namespace RestBroker.Core.Groups.Shared;

/// <summary>What a member says of one record.</summary>
/// <param name="Receipt">As it came with the record.</param>
/// <param name="Outcome">What it says.</param>
/// <param name="Delay">With <see cref="ShareOutcome.Release"/>: for how long nobody gets the record.</param>
public readonly record struct ShareAck(string Receipt, ShareOutcome Outcome, TimeSpan Delay = default);

/// <summary>What became of an acknowledgement.</summary>
/// <param name="Ack">What was said.</param>
/// <param name="Error"><see cref="BrokerError.None"/> where it holds; else nothing was changed by it.</param>
public readonly record struct ShareAckResult(ShareAck Ack, BrokerError Error);
