using RestBroker.Core.Topics;
using RestBroker.Server.Composition;

namespace RestBroker.Server.Producing;

/// <summary>What a record may be at most, and must be; see <see cref="RestBrokerOptions"/>.</summary>
/// <param name="MaxKeyBytes">Bytes of a key.</param>
/// <param name="MaxValueBytes">Bytes of a value: the topic's <c>max.message.bytes</c>.</param>
/// <param name="MaxHeaders">Headers of a record.</param>
/// <param name="MaxHeaderBytes">Their bytes, names and values.</param>
/// <param name="MaxValueDepth">Depth of a JSON value.</param>
/// <param name="NeedsKey">Whether it must have a key: the topic is compacted.</param>
internal readonly record struct RecordLimits(
    int MaxKeyBytes, int MaxValueBytes, int MaxHeaders, int MaxHeaderBytes, int MaxValueDepth, bool NeedsKey = false)
{
    public static RecordLimits Of(RestBrokerOptions options, TopicConfig topic) => new(
        options.MaxKeyBytes, topic.MaxMessageBytes, options.MaxHeadersPerRecord, options.MaxHeaderBytesPerRecord, options.MaxValueDepth,
        (topic.CleanupPolicy & CleanupPolicy.Compact) != 0);
}
