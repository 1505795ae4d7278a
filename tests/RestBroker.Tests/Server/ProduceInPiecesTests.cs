using System.Net.Http.Headers;
using System.Text;

namespace RestBroker.Tests.Server;

/// <summary>JSON requests whose body comes bit by bit: each record is taken as it comes, and nothing is stored before the last.</summary>
public sealed class ProduceInPiecesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Records_that_come_in_pieces_are_stored_as_if_they_had_come_at_once(int partitions)
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", $$"""{"partitionCount":{{partitions}}}""");
        var records = Enumerable.Range(0, 50).Select(i => $$$"""{"key":"{{{i % 7}}}","value":{"n":{{{i}}},"text":"{{{new string('é', i * 10)}}}"}}""").ToList();
        var body = Encoding.UTF8.GetBytes($$"""{"records":[{{string.Join(',', records)}}]}""");

        var answer = await SendAsync(broker, body.Chunk(701));

        Assert.Equal(200, answer.Status);
        var receipts = answer.Json["results"]!.AsArray();
        for (var i = 0; i < records.Count; i++)
        {
            var stored = await broker.GetAsync($"/v1/topics/orders/partitions/{receipts[i]!["partition"]}/records/{receipts[i]!["offset"]}");
            Assert.Equal((i, i * 10), ((int)stored.Json["value"]!["n"]!, ((string)stored.Json["value"]!["text"]!).Length));
            Assert.Equal((long)receipts[i]!["timestamp"]!, (long)stored.Json["timestamp"]!);
        }
    }

    [Theory]
    [InlineData("""{"records":[{"text":"good"},{"text":1},""", "invalid-request")]
    [InlineData("""{"records":[{"text":"good"},]""", "invalid-json")]
    public async Task What_is_refused_early_is_heard_to_its_end_and_stores_nothing(string beginning, string code)
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        var more = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($$"""{"text":"{{new string('a', 1_000)}}"},""", 3_000)));

        var answer = await SendAsync(broker, [Encoding.UTF8.GetBytes(beginning), .. more.Chunk(100_000), """{"text":"last"}]}"""u8.ToArray()]);

        Assert.Equal((400, code), (answer.Status, answer.Code));
        Assert.Equal(0, (long)(await broker.GetAsync("/v1/topics/orders/partitions/0")).Json["nextOffset"]!);
    }

    [Fact]
    public async Task A_body_that_ends_in_the_middle_of_a_record_stores_nothing()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");

        var answer = await SendAsync(broker, ["""{"records":[{"text":"whole"},"""u8.ToArray(), """{"text":"ha"""u8.ToArray()]);

        Assert.Equal((400, "invalid-json"), (answer.Status, answer.Code));
        Assert.Equal(0, (long)(await broker.GetAsync("/v1/topics/orders/partitions/0")).Json["nextOffset"]!);
    }

    private static async Task<Answer> SendAsync(TestBroker broker, IEnumerable<byte[]> pieces)
    {
        var upload = new SlowUpload();
        upload.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var answer = broker.Client.PostAsync("/v1/topics/orders/records", upload);
        foreach (var piece in pieces) await upload.WriteAsync(piece);
        upload.End();
        return await Answer.OfAsync(await answer);
    }
}
