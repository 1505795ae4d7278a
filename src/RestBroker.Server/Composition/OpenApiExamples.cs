using System.Text.Json.Nodes;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Composition;

/// <summary>Examples that run as they stand, from top to bottom of the page, on an empty broker. A test does just that.</summary>
internal static class OpenApiExamples
{
    private const string Records =
        """
        {"records":[
          {"key":"customer-42","value":{"item":"tea","quantity":2},"headers":[["source","swagger"]]},
          {"key":"customer-7","text":"plain text"},
          {"key":"customer-42","value":{"item":"milk","quantity":1}}]}
        """;

    /// <summary>The example of a parameter; null = none, the parameter stays empty.</summary>
    public static JsonNode? Parameter(string operation, string name) => (operation, name) switch
    {
        (_, "topic") when operation is not "fetchGroup" => "orders",
        (_, "partition") when operation is not "produceRaw" => 0,
        (_, "offset") => 0,
        (_, "producerId") => 0,
        ("ackGroup", "group") => "packers",
        (_, "group") => "billing",
        (_, "member") when operation is not "fetchGroup" => "worker-1",
        ("produceRaw" or "putValue" or "getLatestValue" or "headLatestValue" or "deleteValue", "key") => "customer-42",
        ("listOffsets", "at") => "earliest",
        ("deleteRecords", "before") => 0,
        ("getProblem", "code") => "offset-trimmed",
        ("patchTopic" or "deleteGroupOffsets", "If-Match") => "*",
        (_, "from") => "earliest",
        (_, "limit") when operation.StartsWith("tail", StringComparison.Ordinal) => 3,
        _ => null,
    };

    /// <summary>The example of a body; null = none.</summary>
    public static JsonNode? Body(string operation, string mediaType) => (operation, mediaType) switch
    {
        ("createTopic", _) => JsonNode.Parse("""{"name":"payments","partitionCount":3}"""),
        ("putTopic", _) => JsonNode.Parse("""{"partitionCount":3,"configs":{"cleanup.policy":"compact,delete","retention.ms":604800000}}"""),
        ("patchTopic", _) => JsonNode.Parse("""{"configs":{"retention.ms":86400000}}"""),
        ("produce" or "produceToPartition", ContentTypes.Json) => JsonNode.Parse(Records),
        ("produce" or "produceToPartition", ContentTypes.NdJson) => "{\"key\":\"customer-42\",\"text\":\"one\"}\n{\"key\":\"customer-7\",\"text\":\"two\"}\n",
        ("produceRaw" or "putValue", _) => "any bytes at all",
        ("putGroup", _) => JsonNode.Parse("""{"topics":["orders"],"from":"earliest","leaseSeconds":30}"""),
        ("fetchGroup", _) => JsonNode.Parse("""{"member":"worker-1","limit":100,"wait":1}"""),
        ("commitGroup", _) => JsonNode.Parse("""{"lease":{"id":"the lease of the fetch","epoch":2},"cursor":"the cursor of the fetch"}"""),
        ("ackGroup", _) => JsonNode.Parse("""{"acks":[{"receipt":"the receipt of a record of the fetch","outcome":"accept"}]}"""),
        ("resetGroupOffsets", _) => JsonNode.Parse("""{"to":"earliest","dryRun":true}"""),
        _ => null,
    };
}
