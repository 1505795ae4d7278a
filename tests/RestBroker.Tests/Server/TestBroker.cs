using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RestBroker.Server.Composition;

namespace RestBroker.Tests.Server;

/// <summary>
/// The real server on a free port of loopback, over a data directory of its own. Start another on the same directory to have the broker
/// restarted.
/// </summary>
internal sealed class TestBroker : IAsyncDisposable
{
    private readonly WebApplicationFactory<RestBrokerOptions> _app;
    private readonly bool _ownsDirectory;

    private TestBroker(WebApplicationFactory<RestBrokerOptions> app, string dataDirectory, bool ownsDirectory)
    {
        _app = app;
        _ownsDirectory = ownsDirectory;
        DataDirectory = dataDirectory;
        // The factory's own client copies every body before it sends it, to be ready for a redirect: no stream would ever begin.
        Client = new HttpClient { BaseAddress = app.ClientOptions.BaseAddress };
    }

    public HttpClient Client { get; }

    public Uri Address => Client.BaseAddress!;

    public string DataDirectory { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a broker.</summary>
    /// <param name="settings">Options by their names below <c>RestBroker:</c>.</param>
    /// <param name="dataDirectory">Of an earlier broker; null = a new one, deleted at the end.</param>
    /// <param name="time">The clock; null = the system's.</param>
    public static TestBroker Start(IReadOnlyDictionary<string, string>? settings = null, string? dataDirectory = null, TimeProvider? time = null)
    {
        var directory = dataDirectory ?? Directory.CreateTempSubdirectory("restbroker-").FullName;
        var app = new Factory().WithWebHostBuilder(host =>
        {
            host.UseSetting("urls", "http://127.0.0.1:0");
            host.UseSetting("RestBroker:DataDirectory", directory);
            foreach (var (name, value) in settings ?? new Dictionary<string, string>()) host.UseSetting($"RestBroker:{name}", value);
            host.ConfigureLogging(logging => logging.ClearProviders());
            if (time is not null) host.ConfigureServices(services => services.AddSingleton(time));
        });
        app.UseKestrel();
        app.StartServer();
        return new TestBroker(app, directory, dataDirectory is null);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        if (_ownsDirectory) Directory.Delete(DataDirectory, recursive: true);
    }

    /// <summary>Stops the broker as Ctrl-C does; what is open is ended by it.</summary>
    public Task StopAsync() => Services.GetRequiredService<IHost>().StopAsync();

    /// <summary>Sends a request and gives status, headers and body.</summary>
    public async Task<Answer> SendAsync(
        HttpMethod method, string path, string? body = null, string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, contentType);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await Answer.OfAsync(await Client.SendAsync(request));
    }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> PostAsync(string path, string body, string contentType = "application/json") =>
        SendAsync(HttpMethod.Post, path, body, contentType);

    public Task<Answer> PutAsync(string path, string? body = null) => SendAsync(HttpMethod.Put, path, body);

    // The factory lets Kestrel register its memory after the program has registered the broker's, and the last wins.
    private sealed class Factory : WebApplicationFactory<RestBrokerOptions>
    {
        protected override IHost CreateHost(IHostBuilder builder) => base.CreateHost(builder.ConfigureServices(services =>
        {
            var blocks = services.Single(service => service.ImplementationType == typeof(SocketBlocks));
            services.Remove(blocks);
            services.Add(blocks);
        }));
    }
}

/// <summary>An answer, read to its end.</summary>
internal sealed record Answer(int Status, string Body, HttpResponseMessage Message)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>The problem's code.</summary>
    public string Code => (string)Json["code"]!;

    public string? ETag => Message.Headers.ETag?.ToString();

    public static async Task<Answer> OfAsync(HttpResponseMessage message) =>
        new((int)message.StatusCode, await message.Content.ReadAsStringAsync(), message);

    public string? Header(string name) =>
        Message.Headers.TryGetValues(name, out var values) || Message.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;
}
