using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Server.Problems;

namespace RestBroker.Tests.Server;

/// <summary>Refusals that no well-meant request meets.</summary>
public sealed class FailureTests
{
    [Fact]
    public async Task A_body_that_does_not_arrive_is_given_up_with_408()
    {
        await using var broker = TestBroker.Start();
        using var client = new TcpClient(broker.Address.Host, broker.Address.Port);
        var stream = client.GetStream();

        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/topics/t/records HTTP/1.1\r\nHost: {broker.Address.Authority}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"));
        var answer = await new StreamReader(stream).ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"request-timed-out\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_of_the_brokers_own_is_500_and_tells_nothing_of_the_code()
    {
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        var middleware = new ProblemMiddleware(_ => throw new InvalidOperationException("the secret"), NullLogger<ProblemMiddleware>.Instance);

        await middleware.InvokeAsync(context);

        await context.Response.BodyWriter.FlushAsync();
        var body = Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray());
        Assert.Equal(500, context.Response.StatusCode);
        Assert.Contains("\"code\":\"unknown-server-error\"", body, StringComparison.Ordinal);
        Assert.Contains("\"sideEffects\":\"possible\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", body, StringComparison.Ordinal);
    }
}
