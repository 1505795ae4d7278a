namespace RestBroker.Core.Groups.Shared;

/// <summary>What a member says of a record it holds.</summary>
public enum ShareOutcome
{
    /// <summary>It is done; nobody gets it again.</summary>
    Accept,

    /// <summary>It could not be done now: somebody gets it again, at once or after a delay.</summary>
    Release,

    /// <summary>It can never be done: it goes to the dead letters at once.</summary>
    Reject,

    /// <summary>It takes longer: the hold begins anew.</summary>
    Renew,
}
