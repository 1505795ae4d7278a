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
            return Task.CompletedTask;
        });
        options.AddOperationTransformer<OpenApiOperations>();
    });

    public static void MapOpenApiAndSwagger(this WebApplication app)
    {
        app.MapOpenApi();
        // There is no console yet: who opens the bare address in a browser gets the page that can do everything.
        app.MapGet("/", () => Results.Redirect("/swagger")).ExcludeFromDescription();
        app.UseSwaggerUI(ui =>
        {
            ui.SwaggerEndpoint("/openapi/v1.json", "RestBroker v1");
            ui.DocumentTitle = "RestBroker";
            ui.EnableTryItOutByDefault();
            ui.DisplayRequestDuration();
        });
    }
}
