using RestBroker.Core.Producers;

namespace RestBroker.Storage.Log;

/// <summary>Under what conditions a batch is appended, and what is waited for.</summary>
/// <param name="ExpectedNextOffset">Only if the log ends here; null = wherever.</param>
/// <param name="Wait">Whether somebody waits until it is committed.</param>
/// <param name="Mark">The idempotency key that it is stored under; null = none.</param>
/// <param name="Check">Called under the partition lock before it is appended; throws what refuses it.</param>
/// <param name="IsLone">Whether its caller appends nothing beside it, and so may as well sync it.</param>
internal readonly record struct AppendWish(
    long? ExpectedNextOffset, bool Wait, IdempotencyMark? Mark = null, Action? Check = null, bool IsLone = false);
