using System.Text;

namespace RestBroker.Server.Contracts;

/// <summary>What a media type says about the bytes under it.</summary>
internal static class ContentTypes
{
    public const string Json = "application/json";
    public const string MergePatch = "application/merge-patch+json";
    public const string NdJson = "application/x-ndjson";
    public const string EventStream = "text/event-stream";

    /// <summary>Record batches of magic 2 as Kafka's protocol and its log have them, one behind the other (KIP-98).</summary>
    public const string RecordBatches = "application/x-kafka-recordbatch";

    /// <summary>What curl's <c>-d</c> sends unless told otherwise: it says nothing about the bytes.</summary>
    public const string CurlDefault = "application/x-www-form-urlencoded";

    /// <summary><c>application/json</c>, <c>text/json</c> and every <c>…+json</c>.</summary>
    public static bool IsJson(ReadOnlySpan<byte> contentType)
    {
        var type = Essence(contentType);
        return type is "application/json" or "text/json" || type.EndsWith("+json", StringComparison.Ordinal);
    }

    /// <summary><c>text/…</c>, XML, JavaScript, YAML, and anything that names the character set UTF-8.</summary>
    public static bool IsText(ReadOnlySpan<byte> contentType)
    {
        var type = Essence(contentType);
        return type.StartsWith("text/", StringComparison.Ordinal)
            || type.EndsWith("+xml", StringComparison.Ordinal)
            || type is "application/xml" or "application/javascript" or "application/x-ndjson" or "application/yaml"
            || Encoding.Latin1.GetString(contentType).Contains("charset=utf-8", StringComparison.OrdinalIgnoreCase);
    }

    private static string Essence(ReadOnlySpan<byte> contentType)
    {
        var end = contentType.IndexOf((byte)';');
        var essence = end < 0 ? contentType : contentType[..end];
        return Encoding.Latin1.GetString(essence.Trim((byte)' ')).ToLowerInvariant();
    }
}
