namespace RestBroker.Core.Engine;

/// <summary>When a producer's answer is sent. The sync follows in any case.</summary>
public enum Acks
{
    /// <summary>At once; the answer tells no offset.</summary>
    None,

    /// <summary>When the leader has written the batch.</summary>
    Leader,

    /// <summary>When the batch is committed: durable where the topic's durability is <c>fsync</c>.</summary>
    All,
}
