using RestBroker.Server.Composition;

namespace RestBroker.Server.Producing;

/// <summary>What a record may be at most; see <see cref="RestBrokerOptions"/>.</summary>
/// <param name="MaxKeyBytes">Bytes of a key.</param>
/// <param name="MaxValueBytes">Bytes of a value: the topic's <c>max.message.bytes</c>.</param>
/// <param name="MaxHeaders">Headers of a record.</param>
/// <param name="MaxHeaderBytes">Their bytes, names and values.</param>
/// <param name="MaxValueDepth">Depth of a JSON value.</param>
internal sealed record RecordLimits(int MaxKeyBytes, int MaxValueBytes, int MaxHeaders, int MaxHeaderBytes, int MaxValueDepth)
{
    public static RecordLimits Of(RestBrokerOptions options, int maxValueBytes) => new(
        options.MaxKeyBytes, maxValueBytes, options.MaxHeadersPerRecord, options.MaxHeaderBytesPerRecord, options.MaxValueDepth);
}
