using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Engine;
using RestBroker.Storage;
using RestBroker.Tests.Contract;

namespace RestBroker.Tests.Storage;

/// <summary>The embedded engine in a directory of its own.</summary>
public sealed class EmbeddedEngine : EngineUnderTest
{
    private readonly TempDirectory _directory = new();

    public override async Task<ILogEngine> OpenAsync(TimeProvider time) =>
        await EmbeddedLogEngine.OpenAsync(new LogConfig { DataDirectory = _directory.Path }, time, NullLoggerFactory.Instance, default);

    public override Task CompactAsync(ILogEngine engine)
    {
        ((EmbeddedLogEngine)engine).Compact();
        return Task.CompletedTask;
    }

    public override void Dispose() => _directory.Dispose();
}
