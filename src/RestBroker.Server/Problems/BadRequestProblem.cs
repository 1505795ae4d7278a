using System.Text;
using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Problems;

/// <summary>What the framework found wrong with a request, in the words of the error table.</summary>
internal static class BadRequestProblem
{
    public static BrokerException From(BadHttpRequestException fault, HttpRequest request) => fault switch
    {
        { InnerException: JsonException json } => From(json),
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => new(
            BrokerError.RequestTooLarge, "The request body is larger than RestBroker:MaxRequestBodyBytes allows. Send fewer records in a request, or stream NDJSON."),
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => UnsupportedMediaType(request),
        { StatusCode: StatusCodes.Status408RequestTimeout } => new(BrokerError.RequestTimedOut, "The request's body did not arrive in time."),
        { StatusCode: StatusCodes.Status411LengthRequired } => new(BrokerError.LengthRequired, fault.Message),
        _ => new(BrokerError.InvalidRequest, BindingText.Of(fault.Message)),
    };

    public static BrokerException From(JsonException json)
    {
        var pointer = Pointer(json.Path);
        var detail = Sentence(json, pointer);
        var error = IsSyntax(json) ? BrokerError.InvalidJson : BrokerError.InvalidRequest;
        return new(error, detail) { Errors = [new FieldError(pointer, error, detail)] };
    }

    public static BrokerException NotUnicode() =>
        new(BrokerError.InvalidJson, "A name or a string in the body is not valid Unicode: it has a lone surrogate, or bytes that are not UTF-8. Send such bytes as base64.");

    public static BrokerException UnsupportedMediaType(HttpRequest request)
    {
        var type = (request.ContentType ?? "").Split(';')[0].Trim();
        var sent = type.Length == 0 ? "no Content-Type" : $"Content-Type: {type}";
        return new BrokerException(
            BrokerError.UnsupportedMediaType,
            $"The request has {sent}. Add the header 'Content-Type: application/json' (curl: -H 'Content-Type: application/json', or --json). "
            + "Records may also come one a line as application/x-ndjson; a topic's /raw takes bytes of any type, "
            + $"and /partitions/{{p}}/records Kafka's record batches as {ContentTypes.RecordBatches}.");
    }

    // The reader's own errors are of a derived type; those of the serializer are plain.
    private static bool IsSyntax(JsonException json) => json.InnerException is JsonException || json.GetType() != typeof(JsonException);

    private static string Sentence(JsonException json, string pointer)
    {
        var message = json.Message;
        var end = message.IndexOf(" Path: ", StringComparison.Ordinal);
        if (end >= 0) message = message[..end];
        // .NET's words for a member that the contract does not have name a class; ours name the member.
        if (message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal))
            message = $"There is no member '{pointer[(pointer.LastIndexOf('/') + 1)..]}' here.";
        else
            message = BindingText.Of(message);
        var place = json.LineNumber is { } line ? $" (line {line + 1}, byte {json.BytePositionInLine + 1})" : "";
        return pointer.Length > 0 ? $"{message} At {pointer}{place}." : $"{message}{place}";
    }

    // The serializer gives a JSONPath: $.configs['retention.ms'], $.records[3].value.
    private static string Pointer(string? path)
    {
        if (path is null || path.Length <= 1) return "";
        var pointer = new StringBuilder();
        var i = 1;
        while (i < path.Length)
        {
            var quoted = path.AsSpan(i).StartsWith("['");
            i += quoted ? 2 : 1;
            var end = quoted ? path.IndexOf("']", i, StringComparison.Ordinal) : path.AsSpan(i).IndexOfAny(".[]") is var stop and >= 0 ? i + stop : path.Length;
            if (end < 0) end = path.Length;
            if (end > i) pointer.Append('/').Append(path[i..end].Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
            i = end + (quoted ? 2 : end < path.Length && path[end] == ']' ? 1 : 0);
        }

        return pointer.ToString();
    }
}
