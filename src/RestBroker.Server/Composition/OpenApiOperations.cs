using System.Net.Mime;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Composition;

/// <summary>Says of every operation what no handler's signature says: its name, its examples, and the problems it may answer with.</summary>
internal sealed class OpenApiOperations : IOpenApiOperationTransformer
{
    public async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var handler = context.Description.ActionDescriptor.EndpointMetadata.OfType<MethodInfo>().FirstOrDefault()?.Name ?? "Unnamed";
        var isHead = context.Description.HttpMethod == HttpMethods.Head;
        var name = handler.Replace("Async", "", StringComparison.Ordinal);
        if (isHead) name = $"Head{(name.StartsWith("Get", StringComparison.Ordinal) ? name["Get".Length..] : name)}";
        operation.OperationId = $"{char.ToLowerInvariant(name[0])}{name[1..]}";
        AddExamples(operation);
        await OpenApiRecordBatches.DescribeAsync(operation, context, cancellationToken);

        var problem = await context.GetOrCreateSchemaAsync(typeof(ProblemResponse), null, cancellationToken);
        context.Document!.AddComponent(nameof(ProblemResponse), problem);
        operation.Responses ??= [];
        foreach (var (range, what) in new[] { ("4XX", "Refused: a problem document tells why."), ("5XX", "Failed: a problem document tells whether anything was stored.") })
        {
            operation.Responses[range] = new OpenApiResponse
            {
                Description = what,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [MediaTypeNames.Application.ProblemJson] = new() { Schema = new OpenApiSchemaReference(nameof(ProblemResponse), context.Document) },
                },
            };
        }
    }

    private static void AddExamples(OpenApiOperation operation)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            var example = OpenApiExamples.Parameter(operation.OperationId!, parameter.Name!);
            var isList = example is not null && parameter.Schema?.Type?.HasFlag(JsonSchemaType.Array) is true;
            parameter.Example ??= isList ? new JsonArray(example) : example;
        }

        foreach (var (mediaType, content) in operation.RequestBody?.Content ?? new Dictionary<string, OpenApiMediaType>())
        {
            content.Example ??= OpenApiExamples.Body(operation.OperationId!, mediaType);
            // OpenAPI 3.1 cannot describe a line: the whole upload is a text.
            if (mediaType == ContentTypes.NdJson)
                content.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = "A record a line, as in the JSON form." };
        }
    }
}
