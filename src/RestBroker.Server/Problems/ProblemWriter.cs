using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Nodes;
using RestBroker.Core.Errors;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Problems;

/// <summary>Writes a refusal as problem+json (RFC 9457): the one place where an error becomes an answer.</summary>
internal static class ProblemWriter
{
    public static async Task WriteAsync(HttpContext context, BrokerException problem)
    {
        var response = context.Response;
        var row = BrokerErrors.Of(problem.Error);
        response.StatusCode = row.Status;
        response.ContentType = MediaTypeNames.Application.ProblemJson;
        response.Headers.CacheControl = "no-store";
        if (problem.Members.GetValueOrDefault("etag") is string tag) response.Headers.ETag = tag;
        if (problem.RetryAfter is { } wait) response.Headers.RetryAfter = Seconds(wait).ToString(CultureInfo.InvariantCulture);
        await using var json = new Utf8JsonWriter(response.BodyWriter, ApiJson.WriterOptions);
        Write(json, problem, context.TraceIdentifier);
    }

    public static void Write(Utf8JsonWriter json, BrokerException problem, string requestId)
    {
        var row = BrokerErrors.Of(problem.Error);
        json.WriteStartObject();
        json.WriteString("type", $"/v1/problems/{row.Code}");
        json.WriteString("title", row.Title);
        json.WriteNumber("status", row.Status);
        json.WriteString("detail", problem.Message);
        json.WriteString("code", row.Code);
        json.WriteBoolean("retriable", row.Retriable);
        json.WriteString("sideEffects", problem.SideEffects == SideEffects.None ? "none" : "possible");
        if (problem.RetryAfter is { } wait) json.WriteNumber("retryAfterSeconds", Seconds(wait));
        json.WriteString("requestId", requestId);
        foreach (var (name, value) in problem.Members) WriteMember(json, name, value);
        if (problem.Errors.Count > 0) WriteErrors(json, problem.Errors);
        json.WriteEndObject();
    }

    private static void WriteMember(Utf8JsonWriter json, string name, object value)
    {
        json.WritePropertyName(name);
        switch (value)
        {
            case long number: json.WriteNumberValue(number); break;
            case int number: json.WriteNumberValue(number); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case JsonNode node: node.WriteTo(json); break;
            default: json.WriteStringValue(value.ToString()); break;
        }
    }

    private static void WriteErrors(Utf8JsonWriter json, IReadOnlyList<FieldError> errors)
    {
        json.WriteStartArray("errors");
        foreach (var error in errors)
        {
            json.WriteStartObject();
            json.WriteString("pointer", error.Pointer);
            json.WriteString("code", BrokerErrors.Of(error.Error).Code);
            json.WriteString("detail", error.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static long Seconds(TimeSpan wait) => (long)Math.Ceiling(wait.TotalSeconds);
}
