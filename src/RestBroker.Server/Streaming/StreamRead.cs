using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// A read of a stream's own and how it is written. A stream has it while it reads from the log and when it has something to say; while a hub
/// reads for it there is none. Owns its parts.
/// </summary>
internal sealed class StreamRead(ReadSession session, IStreamDress dress) : IDisposable
{
    public ReadSession Session => session;

    public IStreamDress Dress => dress;

    /// <summary>A read that is written into an output.</summary>
    public static StreamRead Of(ReadSession session, TailForm form, StreamOutput output, TimeProvider time) =>
        new(session, form.Dress(output.Buffer, session, time, output.RequestId));

    public void Dispose()
    {
        dress.Dispose();
        session.Dispose();
    }
}
