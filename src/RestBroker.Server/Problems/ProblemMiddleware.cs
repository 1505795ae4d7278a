using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using RestBroker.Core.Errors;

namespace RestBroker.Server.Problems;

/// <summary>
/// Turns whatever a handler threw into a problem document. ASP.NET Core's own handler would take back the headers already set, among
/// them the ETag that goes with a 412 and the request's id.
/// </summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (EmptyAnswers.IsOne(context.Response)) await EmptyAnswers.WriteProblemAsync(context);
        }
        catch (Exception e) when (IsGone(context, e))
        {
            // Nobody is there to read an answer.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await ProblemWriter.WriteAsync(context, ToProblem(context, e));
        }
    }

    private static bool IsGone(HttpContext context, Exception exception) =>
        exception is ConnectionResetException || (context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException);

    private BrokerException ToProblem(HttpContext context, Exception exception) => exception switch
    {
        BrokerException refusal => refusal,
        BadHttpRequestException fault => BadRequestProblem.From(fault, context.Request),
        JsonException json => BadRequestProblem.From(json),
        // The reader lets a name or a string with half a surrogate pair, or with bytes that are not UTF-8, pass until it is asked for.
        InvalidOperationException { Source: "System.Text.Json" or "System.Text.Json.Rethrowable" } => BadRequestProblem.NotUnicode(),
        ObjectDisposedException or OperationCanceledException => new BrokerException(
            BrokerError.ShuttingDown, "The broker is shutting down. Ask again in a moment.")
        { RetryAfter = TimeSpan.FromSeconds(1) },
        _ => Unexpected(context, exception),
    };

    private BrokerException Unexpected(HttpContext context, Exception exception)
    {
        Log.Failed(logger, context.Request.Method, context.Request.Path, context.TraceIdentifier, exception);
        return new BrokerException(
            BrokerError.UnknownServerError, $"The broker failed to serve this request. Its log tells more under {context.TraceIdentifier}.");
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed ({RequestId})")]
        public static partial void Failed(ILogger logger, string method, string path, string requestId, Exception exception);
    }
}
