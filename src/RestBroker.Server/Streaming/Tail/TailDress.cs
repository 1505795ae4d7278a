using RestBroker.Core.Records;

namespace RestBroker.Server.Streaming.Tail;

/// <summary>What a stream looks like, and what may therefore be shared with another.</summary>
/// <param name="IsEvents">Server-sent events, or lines of JSON.</param>
/// <param name="Shape">How values are shown.</param>
internal readonly record struct TailForm(bool IsEvents, RecordShape Shape);

/// <summary>A dress with the buffer that it writes to.</summary>
internal sealed class TailDress : IDisposable
{
    private readonly IDisposable _dress;

    public TailDress(TailForm form, ReadSession session, TimeProvider time)
    {
        if (form.IsEvents)
        {
            var events = new EventDress(Buffer, session, form.Shape, time, requestId: "");
            (Dress, _dress) = (events, events);
        }
        else
        {
            var lines = new NdjsonDress(Buffer, session, form.Shape, requestId: "");
            (Dress, _dress) = (lines, lines);
        }
    }

    public PooledBuffer Buffer { get; } = new(16);

    public IStreamDress Dress { get; }

    public void Dispose()
    {
        _dress.Dispose();
        Buffer.Dispose();
    }
}
