using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics;
using RestBroker.Core.Errors;

namespace RestBroker.Server.Problems;

/// <summary>Turns whatever a handler threw into a problem document.</summary>
internal sealed partial class ProblemExceptionHandler(ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or ConnectionResetException or IOException)
            return true; // nobody is there to read an answer

        var problem = exception switch
        {
            BrokerException refusal => refusal,
            BadHttpRequestException request => BadRequestProblem.From(request),
            JsonException json => BadRequestProblem.From(json),
            ObjectDisposedException or OperationCanceledException => new BrokerException(
                BrokerError.ShuttingDown, "The broker is shutting down. Ask again in a moment.") { RetryAfter = TimeSpan.FromSeconds(1) },
            _ => Unexpected(context, exception),
        };
        await ProblemWriter.WriteAsync(context, problem);
        return true;
    }

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
