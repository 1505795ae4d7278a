using System.Threading.Channels;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Cleaning;

/// <summary>
/// Logs that have closed a segment, or found no room on the disk, so that retention looks at them now: between two of its rounds a fast
/// producer can write gigabytes beyond <c>retention.bytes</c>. What finds no place here waits for the round. Thread-safe.
/// </summary>
internal sealed class RolledLogs
{
    private const int Capacity = 1024;

    private readonly Channel<PartitionLog> _logs = Channel.CreateBounded<PartitionLog>(Capacity);

    public void Note(PartitionLog log) => _logs.Writer.TryWrite(log);

    public IAsyncEnumerable<PartitionLog> ReadAllAsync(CancellationToken cancellationToken) => _logs.Reader.ReadAllAsync(cancellationToken);
}
