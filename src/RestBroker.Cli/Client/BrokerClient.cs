using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RestBroker.Cli.Client;

/// <summary>The REST API as calls that answer or throw: <see cref="ApiException"/> is a refusal, <see cref="BrokerUnreachableException"/> is silence. Thread-safe.</summary>
internal sealed class BrokerClient : IDisposable
{
    private readonly Uri _server;
    private readonly HttpClient _http;

    public BrokerClient(Uri server)
    {
        _server = server;
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(5),
            AllowAutoRedirect = false,
            // A proxy of the environment is for other machines; the broker on this one is asked directly.
            UseProxy = !server.IsLoopback,
        };
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri(server.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(BrokerRequest.Get(path), cancellationToken);
        return answer.Read(type);
    }

    public async Task<BrokerAnswer> SendAsync(BrokerRequest request, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(request.Timeout);
        try
        {
            using var message = request.ToMessage();
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            var answer = await BrokerAnswer.ReadAsync(response, timeout.Token);
            if (response.IsSuccessStatusCode) return answer;
            using (answer) throw new ApiException(ReadProblem(response, answer));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new BrokerUnreachableException(_server, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BrokerUnreachableException(_server, e);
        }
    }

    public void Dispose() => _http.Dispose();

    private static ApiProblem ReadProblem(HttpResponseMessage response, BrokerAnswer answer)
    {
        var status = (int)response.StatusCode;
        // A refused Host, a proxy or another program answers without a problem document.
        var unexplained = new ApiProblem { Status = status, Title = $"HTTP {status} {response.ReasonPhrase}".TrimEnd() };
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json") return unexplained;
        try
        {
            return JsonSerializer.Deserialize(answer.Body.Span, JsonContext.Default.ApiProblem) ?? unexplained;
        }
        catch (JsonException)
        {
            return unexplained;
        }
    }
}
