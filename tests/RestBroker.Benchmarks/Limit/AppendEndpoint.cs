using System.Buffers;
using Microsoft.AspNetCore.Http;
using RestBroker.Core.Records;

namespace RestBroker.Benchmarks.Limit;

/// <summary>
/// The least that a log does: the body's checksum and one positional write; if need be synced before the answer, with one sync for
/// everybody who waits, and else once a second. The file is begun anew at a GiB. Thread-safe.
/// </summary>
internal sealed class AppendEndpoint : IDisposable
{
    private readonly FramedFile _file;
    private readonly SteadySync _sync;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _dirty = new(0);
    private TaskCompletionSource? _round;
    private volatile bool _ended;
    private volatile bool _isUnsynced; // something was answered before it was synced

    public AppendEndpoint(string directory)
    {
        _file = new FramedFile(Path.Combine(directory, "append"));
        _sync = new SteadySync(SyncRest);
        new Thread(SyncRounds) { IsBackground = true }.Start();
    }

    public async Task TakeAsync(HttpContext context, bool isSynced)
    {
        var length = (int)context.Request.ContentLength!.Value;
        var body = ArrayPool<byte>.Shared.Rent(length);
        await context.Request.Body.ReadExactlyAsync(body.AsMemory(0, length));
        // The checksum has to be used, or it would not be computed.
        if (Crc32C.Compute(body.AsSpan(0, length)) == 0) context.Response.Headers["RB-Zero"] = "true";
        var synced = Append(body.AsSpan(0, length), isSynced);
        ArrayPool<byte>.Shared.Return(body);
        await synced;
        DiscardEndpoint.Answer(context);
    }

    public void Dispose()
    {
        _sync.Dispose();
        _ended = true;
        _dirty.Release();
    }

    private Task Append(ReadOnlySpan<byte> body, bool isSynced)
    {
        lock (_gate)
        {
            _file.Append(body, isSynced: false);
            if (!isSynced)
            {
                _isUnsynced = true;
                return Task.CompletedTask;
            }

            if (_round is null)
            {
                _round = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _dirty.Release();
            }

            return _round.Task;
        }
    }

    private void SyncRest()
    {
        if (!_isUnsynced) return;
        _isUnsynced = false;
        _file.Sync();
    }

    private void SyncRounds()
    {
        while (true)
        {
            _dirty.Wait();
            if (_ended) break;
            TaskCompletionSource? round;
            lock (_gate) (round, _round) = (_round, null);
            _file.Sync();
            round?.SetResult();
        }

        _file.Dispose();
    }
}
