using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>How an endless read is written: as server-sent events, or as lines of JSON.</summary>
internal interface IStreamDress : IDisposable
{
    /// <summary>What streams that are written alike have in common.</summary>
    TailForm Form { get; }

    /// <summary>What stands before everything else.</summary>
    void Open();

    void Record(in ReadItem item);

    /// <summary>A record whose JSON is there already.</summary>
    void Line(ReadOnlySpan<byte> json);

    void Notice(ReadNotice notice);

    void Heartbeat();

    /// <summary>The end of the log is reached, after a backlog or for the first time.</summary>
    void UpToDate();

    /// <summary>Nothing follows.</summary>
    void Bye(string reason, bool reconnect);
}
