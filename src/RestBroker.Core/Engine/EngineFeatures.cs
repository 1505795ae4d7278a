namespace RestBroker.Core.Engine;

/// <summary>Optional powers of an engine; a face refuses what is missing with <c>not-supported-by-engine</c>.</summary>
[Flags]
public enum EngineFeatures
{
    /// <summary>Topics, produce, fetch, offsets: what every engine has.</summary>
    None = 0,

    /// <summary><see cref="ProduceRequest.ExpectedNextOffset"/> is checked.</summary>
    ConditionalAppend = 1,

    /// <summary>Producer ids, epochs and sequences are remembered.</summary>
    ProducerState = 2,

    /// <summary>The topic config <c>durability</c> is honoured.</summary>
    Durability = 4,

    /// <summary>The latest record of a key can be looked up, and <see cref="ProduceRequest.KeyCondition"/> is checked.</summary>
    KeyIndex = 8,

    /// <summary>Batches that a client built are taken as they are.</summary>
    ClientBatches = 16,

    /// <summary>The topic config <c>cleanup.policy=compact</c> is honoured.</summary>
    Compaction = 32,
}
