using RestBroker.Core.Engine;

namespace RestBroker.Tests.Contract;

/// <summary>An engine that the suites are run against, and what it leaves behind.</summary>
public abstract class EngineUnderTest : IDisposable
{
    public abstract Task<ILogEngine> OpenAsync(TimeProvider time);

    /// <summary>Compacts what is due, where the engine can be told to.</summary>
    public virtual Task CompactAsync(ILogEngine engine) => Task.CompletedTask;

    public abstract void Dispose();
}
