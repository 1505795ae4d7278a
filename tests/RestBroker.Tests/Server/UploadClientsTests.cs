using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace RestBroker.Tests.Server;

/// <summary>Uploads by clients that nobody here wrote.</summary>
public sealed class UploadClientsTests
{
    private const int Lines = 20_000;

    private const string Python = """
        import http.client, sys
        host, lines = sys.argv[1], int(sys.argv[2])
        connection = http.client.HTTPConnection(host)
        body = (b'{"text":"line %d"}\n' % i for i in range(lines))
        connection.request("POST", "/v1/topics/t/records", body=body, headers={"Content-Type": "application/x-ndjson"}, encode_chunked=True)
        sys.stdout.buffer.write(connection.getresponse().read())
        """;

    private const string Node = """
        const [host, lines, query] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
        const request = require('http').request(`http://${host}/v1/topics/t/records${query}`,
          { method: 'POST', headers: { 'Content-Type': 'application/x-ndjson' } }, answer => answer.pipe(process.stdout));
        let i = 0;
        const send = () => {
          while (i < lines) if (!request.write(`{"text":"line ${i++}"}\n`)) return request.once('drain', send);
          request.end();
        };
        send();
        """;

    [Theory]
    [InlineData("curl", false)]
    [InlineData("python", false)]
    [InlineData("node", false)]
    [InlineData("dotnet", false)]
    [InlineData("curl", true)]
    [InlineData("node", true)]
    public async Task An_upload_is_answered_to_the_end(string client, bool each)
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/t");
        var query = each ? "?receipts=each" : "";

        var answer = client switch
        {
            "curl" => await RunAsync("bash", ["-c", $$"""seq 0 {{Lines - 1}} | sed 's/.*/{"text":"line &"}/' | curl -sS -T - -X POST -H 'Content-Type: application/x-ndjson' 'http://{{broker.Address.Authority}}/v1/topics/t/records{{query}}'"""]),
            "python" => await RunAsync("python3", ["-c", Python, broker.Address.Authority, $"{Lines}"]),
            "node" => await RunAsync("node", ["-", broker.Address.Authority, $"{Lines}", query], Node),
            _ => await PostAsync(broker, query),
        };

        var lines = answer.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal((true, Lines, 0), ((bool)lines[^1]["end"]!, (int)lines[^1]["ok"]!, (int)lines[^1]["failed"]!));
        Assert.Equal(each ? Lines : 0, lines.Count - 1);
        if (each) Assert.Equal(Enumerable.Range(0, Lines), lines[..^1].Select(line => (int)line["offset"]!));
        Assert.Equal(Lines, (long)(await broker.GetAsync("/v1/topics/t/partitions/0")).Json["nextOffset"]!);
    }

    private static async Task<string> PostAsync(TestBroker broker, string query)
    {
        using var content = new StringContent(
            string.Concat(Enumerable.Range(0, Lines).Select(i => $$"""{"text":"line {{i}}"}""" + "\n")), Encoding.UTF8, "application/x-ndjson");
        using var answer = await broker.Client.PostAsync($"/v1/topics/t/records{query}", content);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string input = "")
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("", await errors);
        return output;
    }
}
