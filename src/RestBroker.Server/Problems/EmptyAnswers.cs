using RestBroker.Core.Errors;

namespace RestBroker.Server.Problems;

/// <summary>Gives the answers that routing makes without a body, 404 and 405 among them, the body of a problem.</summary>
internal static class EmptyAnswers
{
    /// <summary>Whether it is a refusal to which nobody has said a word.</summary>
    public static bool IsOne(HttpResponse response) =>
        response.StatusCode >= StatusCodes.Status400BadRequest && !response.HasStarted
        && response.ContentLength is null && string.IsNullOrEmpty(response.ContentType);

    public static async Task WriteProblemAsync(HttpContext context)
    {
        var request = context.Request;
        var problem = context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => new BrokerException(
                BrokerError.NotFound, $"There is nothing at {request.Path}. The API is described at /openapi/v1.json."),
            StatusCodes.Status405MethodNotAllowed => new BrokerException(
                BrokerError.MethodNotAllowed, $"{request.Path} does not have {request.Method}; it has {context.Response.Headers.Allow}."),
            StatusCodes.Status406NotAcceptable => new BrokerException(BrokerError.NotAcceptable, "None of the accepted media types is offered here."),
            StatusCodes.Status415UnsupportedMediaType => BadRequestProblem.UnsupportedMediaType(request),
            _ => null,
        };
        if (problem is not null) await ProblemWriter.WriteAsync(context, problem);
    }
}
