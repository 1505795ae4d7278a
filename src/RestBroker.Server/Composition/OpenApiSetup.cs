using Microsoft.OpenApi;

namespace RestBroker.Server.Composition;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c> and Swagger UI over it at <c>/swagger</c>.</summary>
internal static class OpenApiSetup
{
    private const string Description =
        """
        Kafka's log behind plain HTTP: topics, partitions, consumer groups, live tail.

        The examples run as they stand, from top to bottom, on an empty broker: create the topic `orders`, produce, fetch. Streams are
        shown with `limit=3`, since this page shows nothing of an answer before its end.

        Every refusal is a problem document (RFC 9457) whose `code` is one of `GET /v1/problems`.
        """;

    public static void AddRestBrokerOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "RestBroker", Version = "v1", Description = Description };
            document.Servers = [new OpenApiServer { Url = "/" }];
            foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>()) tag.Description ??= TagDescription(tag.Name);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer<OpenApiOperations>();
    });

    private static string? TagDescription(string? tag) => tag switch
    {
        "Topics" => "Create, change, list, describe and delete topics.",
        "Partitions" => "Where the logs of a topic begin and end.",
        "Produce" => "Store records: as JSON, a line each, or as plain bytes.",
        "Values" => "The latest value of each key of a compacted topic.",
        "Fetch" => "Read records from any place, as often as you like; the broker keeps nothing about the reader.",
        "Events" => "A live tail by Server-Sent Events that survives a lost connection.",
        "Groups" => "Share the partitions among the members of a group, which the broker remembers the place of.",
        "Problems" => "Every refusal there is.",
        "Health" => "Whether the process lives and the log can be written.",
        _ => null,
    };

    public static void MapOpenApiAndSwagger(this WebApplication app)
    {
        app.MapOpenApi();
        // There is no console yet: who opens the bare address in a browser gets the page that can do everything.
        app.MapGet("/", () => Results.Redirect("/swagger")).ExcludeFromDescription();
        // No other request goes the way through the page's middleware.
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/swagger", StringComparison.OrdinalIgnoreCase), page => page.UseSwaggerUI(ui =>
        {
            ui.SwaggerEndpoint("/openapi/v1.json", "RestBroker v1");
            ui.DocumentTitle = "RestBroker";
            ui.EnableTryItOutByDefault();
            ui.DisplayRequestDuration();
        }));
    }
}
