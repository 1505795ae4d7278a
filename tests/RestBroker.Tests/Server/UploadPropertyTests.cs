using System.Text;
using CsCheck;

namespace RestBroker.Tests.Server;

/// <summary>How the network cuts an upload is nobody's business.</summary>
public sealed class UploadPropertyTests
{
    private static readonly string[] Odd = ["", " ", "\r", "{", "null", """{"text":1}""", """{"x":1}""", "\"\\ud800\""];

    private static readonly Gen<string> Line = Gen.OneOf(
        Gen.String[Gen.Char["ab é漢\u2028"], 0, 40].Select(text => $$"""{"text":{{System.Text.Json.JsonSerializer.Serialize(text)}}}"""),
        Gen.Int[0, 1_000_000].Select(number => "{\"key\":\"k\",\"value\":{\"n\":" + number + "}}"),
        Gen.Int[0, 7].Select(i => Odd[i]));

    private static readonly Gen<(string[] Lines, int[] Cuts, bool EndsWithNewline)> Upload =
        Gen.Select(Line.Array[1, 30], Gen.Int[1, 50].Array[1, 20], Gen.Bool);

    [Fact]
    public async Task An_upload_is_stored_the_same_however_the_network_cuts_it()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxAutoCreationsPerSecond"] = "10000" });
        var run = 0;

        await Upload.SampleAsync(async sample =>
        {
            var number = Interlocked.Increment(ref run);
            var body = string.Join('\n', sample.Lines) + (sample.EndsWithNewline ? "\n" : "");
            var whole = await broker.PostAsync($"/v1/topics/whole{number}/records", body, "application/x-ndjson");

            var upload = new SlowUpload();
            var sending = broker.Client.PostAsync($"/v1/topics/cut{number}/records", upload);
            var bytes = Encoding.UTF8.GetBytes(body);
            for (int at = 0, cut = 0; at < bytes.Length; cut++)
            {
                var count = Math.Min(sample.Cuts[cut % sample.Cuts.Length], bytes.Length - at);
                await upload.WriteAsync(bytes[at..(at + count)]);
                at += count;
            }

            upload.End();
            var cutUp = await Answer.OfAsync(await sending);

            Assert.Equal((whole.Status, whole.Body), (cutUp.Status, cutUp.Body));
            Assert.Equal(await StoredAsync(broker, $"whole{number}"), await StoredAsync(broker, $"cut{number}"));
        }, iter: 60, threads: 1);
    }

    private static async Task<string[]> StoredAsync(TestBroker broker, string topic)
    {
        var page = await broker.GetAsync($"/v1/topics/{topic}/records?limit=1000");
        if (page.Status == 404) return [];
        return [.. page.Json["records"]!.AsArray().Select(record => $"{record!["offset"]} {record["key"]} {record["text"]} {record["value"]?.ToJsonString()}")];
    }
}
