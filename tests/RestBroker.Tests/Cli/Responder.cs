using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace RestBroker.Tests.Cli;

/// <summary>
/// A server that gives prepared answers in turn, for what a real broker does only when something breaks. Null: the connection is cut
/// instead of an answer. <c>/healthz</c> is always well.
/// </summary>
internal sealed class Responder : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Queue<Prepared?> _answers;

    private Responder(WebApplication app, IEnumerable<Prepared?> answers)
    {
        _app = app;
        _answers = new(answers);
    }

    /// <summary>Method, path with query, and body of each request.</summary>
    public List<string> Requests { get; } = [];

    public string Url => _app.Urls.Single();

    public static async Task<Responder> StartAsync(params Prepared?[] answers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        var app = builder.Build();
        var responder = new Responder(app, answers);
        app.Run(responder.AnswerAsync);
        await app.StartAsync();
        return responder;
    }

    public static Prepared Ok(string json) => new(200, json);

    public static Prepared Problem(int status, string code, string more = "") =>
        new(status, $$"""{"title":"Title","status":{{status}},"detail":"Detail.","code":"{{code}}"{{more}}}""");

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/healthz") return;
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        Requests.Add($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {body}".TrimEnd());
        if (!_answers.TryDequeue(out var answer)) answer = Problem(500, "not-prepared");
        if (answer is null)
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = answer.Status;
        if (answer.Status == 204) return;
        context.Response.ContentType = answer.Status < 400 ? "application/json" : "application/problem+json";
        await context.Response.WriteAsync(answer.Json);
    }

    internal sealed record Prepared(int Status, string Json);
}
