namespace RestBroker.Core.Errors;

/// <summary>Whether a refused request may nevertheless have changed something: what a client must know before it retries.</summary>
public enum SideEffects
{
    /// <summary>Nothing was stored or changed; a retry cannot duplicate.</summary>
    None,

    /// <summary>Something may have been stored; a blind retry can duplicate.</summary>
    Possible,
}
