using System.Globalization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Composition;

/// <summary>Describes record batches where a route takes or gives them: to OpenAPI they are bytes.</summary>
internal static class OpenApiRecordBatches
{
    private const string Format =
        "One or more record batches of magic 2, one behind the other, as in Kafka's log, Produce and Fetch: https://kafka.apache.org/documentation/#recordbatch (KIP-98).";

    public static async Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (operation.RequestBody?.Content is { } taken && taken.TryGetValue(ContentTypes.RecordBatches, out var body))
        {
            body.Schema = Bytes();
            await AddReceiptsAsync(operation, context, cancellationToken);
        }

        foreach (var (_, response) in operation.Responses ?? [])
        {
            if (response.Content is { } given && given.TryGetValue(ContentTypes.RecordBatches, out var content)) content.Schema = Bytes();
        }
    }

    // The answer to batches is another one than that to records; one status has one entry.
    private static async Task AddReceiptsAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var receipts = await context.GetOrCreateSchemaAsync(typeof(ProduceBatchesResponse), null, cancellationToken);
        context.Document!.AddComponent(nameof(ProduceBatchesResponse), receipts);
        foreach (var status in (int[])[StatusCodes.Status200OK, StatusCodes.Status202Accepted])
        {
            if (operation.Responses?.TryGetValue(status.ToString(CultureInfo.InvariantCulture), out var response) is not true
                || response?.Content?.TryGetValue(ContentTypes.Json, out var content) is not true || content.Schema is not { } schema) continue;
            content.Schema = new OpenApiSchema { AnyOf = [schema, new OpenApiSchemaReference(nameof(ProduceBatchesResponse), context.Document)] };
        }
    }

    private static OpenApiSchema Bytes() => new() { Type = JsonSchemaType.String, Format = "binary", Description = Format };
}
