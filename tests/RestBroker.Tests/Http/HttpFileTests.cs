using RestBroker.Tests.Server;

namespace RestBroker.Tests.Http;

/// <summary>The files in <c>http/</c> are the living manual: each runs from top to bottom on an empty broker.</summary>
public sealed class HttpFileTests
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(Repository.PathOf("http"), "*.http").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_file_runs_from_top_to_bottom_on_an_empty_broker(string name)
    {
        await using var broker = TestBroker.Start();
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = broker.Address };
        var file = HttpFile.Parse(await File.ReadAllTextAsync(Repository.PathOf("http", name)));

        var faults = await new HttpFileRun(file, client).FaultsAsync();

        Assert.NotEmpty(file.Requests);
        Assert.True(faults.Count == 0, $"http/{name}\n{string.Join('\n', faults)}");
    }

    [Fact]
    public void A_file_is_read_as_editors_read_it()
    {
        const string Text = """
            @host = http://localhost:8080
            // a remark

            ### First, a body of two lines
            # expect: 201
            # @name made
            POST {{host}}/v1/topics HTTP/1.1
            Content-Type: application/json
            X: a:b

            {"name":
             "a"}

            ### Then, with neither headers nor body
            # expect: 404 unknown-topic-or-partition
            GET {{host}}/v1/topics/b
            ### Nothing to do
            """;

        var file = HttpFile.Parse(Text);

        Assert.Equal("http://localhost:8080", file.Variables["host"]);
        Assert.Equal(2, file.Requests.Count);
        var (first, second) = (file.Requests[0], file.Requests[1]);
        Assert.Equal((7, "First, a body of two lines", "made", 201, null, "POST"), (first.Line, first.Title, first.Name, first.Status, first.Code, first.Method));
        Assert.Equal([("Content-Type", "application/json"), ("X", "a:b")], first.Headers);
        Assert.Equal("{\"name\":\n \"a\"}", first.Body);
        Assert.Equal((404, "unknown-topic-or-partition", "{{host}}/v1/topics/b", null), (second.Status, second.Code, second.Url, second.Body));
        Assert.Empty(second.Headers);
    }
}
