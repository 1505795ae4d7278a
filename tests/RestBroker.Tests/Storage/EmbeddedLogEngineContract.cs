using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Engine;
using RestBroker.Storage;
using RestBroker.Tests.Contract;

namespace RestBroker.Tests.Storage;

public sealed class EmbeddedLogEngineContract : ProducerContract, IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override async Task<ILogEngine> OpenAsync() =>
        await EmbeddedLogEngine.OpenAsync(new LogConfig { DataDirectory = _directory.Path }, Time, NullLoggerFactory.Instance, default);

    protected override Task CompactAsync()
    {
        ((EmbeddedLogEngine)Engine).Compact();
        return Task.CompletedTask;
    }
}
