using RestBroker.Core.Records;

namespace RestBroker.Server.Streaming.Tail;

/// <summary>What a stream looks like, and what may therefore be shared with another.</summary>
/// <param name="IsEvents">Server-sent events, or lines of JSON.</param>
/// <param name="Shape">How values are shown.</param>
internal readonly record struct TailForm(bool IsEvents, RecordShape Shape)
{
    /// <summary>The dress that looks so.</summary>
    public IStreamDress Dress(PooledBuffer target, ReadSession session, TimeProvider time, string requestId) => IsEvents
        ? new EventDress(target, session, Shape, time, requestId)
        : new NdjsonDress(target, session, Shape, time, requestId) { IsStream = true };
}

/// <summary>A dress with the buffer that it writes to.</summary>
internal sealed class TailDress : IDisposable
{
    public TailDress(TailForm form, ReadSession session, TimeProvider time) => Dress = form.Dress(Buffer, session, time, requestId: "");

    public PooledBuffer Buffer { get; } = new(16);

    public IStreamDress Dress { get; }

    public void Dispose()
    {
        Dress.Dispose();
        Buffer.Dispose();
    }
}
