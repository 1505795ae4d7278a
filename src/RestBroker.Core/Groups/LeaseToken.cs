namespace RestBroker.Core.Groups;

/// <summary>What a member shows to prove its lease.</summary>
/// <param name="Id">Random digits, a dot and the member's name: nobody else holds it by accident, and it says whose it was.</param>
/// <param name="Epoch">The group's epoch when the lease began: later leases of the group have greater ones, across restarts too.</param>
public readonly record struct LeaseToken(string Id, int Epoch)
{
    /// <summary>The member that the lease was given to; empty where the id is not one of ours.</summary>
    internal string Member => Id.IndexOf('.') is var dot and >= 0 ? Id[(dot + 1)..] : "";
}
