using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace RestBroker.Server.Composition;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c> and Swagger UI over it at <c>/swagger</c>.</summary>
internal static class OpenApiSetup
{
    public static void AddRestBrokerOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer(Describe);
    });

    public static void MapOpenApiAndSwagger(this WebApplication app)
    {
        app.MapOpenApi();
        app.UseSwaggerUI(ui =>
        {
            ui.SwaggerEndpoint("/openapi/v1.json", "RestBroker v1");
            ui.DocumentTitle = "RestBroker";
        });
    }

    private static Task Describe(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "RestBroker",
            Version = "v1",
            Description = "Kafka's log behind plain HTTP: topics, partitions, consumer groups, live tail.",
        };
        return Task.CompletedTask;
    }
}
