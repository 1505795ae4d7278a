using System.Text;
using System.Text.Json;
using RestBroker.Cli.Produce;

namespace RestBroker.Tests.Cli;

public sealed class LineBatchTests
{
    [Fact]
    public void Lines_become_the_records_of_one_request()
    {
        using var batch = new LineBatch(new RecordShape(isJson: false, [new("source", "a\"b")]));
        batch.Add(new KeyedLine("k"u8, true, "say \"hi\" \u00e9"u8), 4, 10);
        batch.Add(new KeyedLine(default, false, ""u8), 7, 12);
        batch.Seal();

        Assert.Equal("""{"records":[{"key":"k","text":"say \"hi\" é","headers":[["source","a\u0022b"]]},{"text":"","headers":[["source","a\u0022b"]]}]}""", Normalize(batch));
        Assert.Equal((2, 4, 7, 12), (batch.Count, batch.FirstLine, batch.LastLine, batch.EndPosition));
    }

    [Fact]
    public void What_is_not_UTF8_travels_as_base64()
    {
        using var batch = new LineBatch(new RecordShape(isJson: false, []));
        batch.Add(new KeyedLine([0xFF], true, [0x61, 0xFE]), 1, 3);
        batch.Seal();

        Assert.Equal("""{"records":[{"keyBase64":"/w==","base64":"Yf4="}]}""", Normalize(batch));
    }

    [Fact]
    public void A_JSON_line_stays_token_for_token()
    {
        using var batch = new LineBatch(new RecordShape(isJson: true, []));
        batch.Add(new KeyedLine(""u8, true, """{"n":1.00, "n":2}"""u8), 1, 3);
        batch.Seal();

        Assert.Equal("""{"records":[{"key":"","value":{"n":1.00, "n":2}}]}""", Encoding.UTF8.GetString(batch.Body.Span));
    }

    [Fact]
    public void A_batch_is_bounded_by_count_and_by_bytes()
    {
        using var byCount = new LineBatch(new RecordShape(isJson: false, []));
        while (byCount.HasRoomFor(new KeyedLine(default, false, "x"u8))) byCount.Add(new KeyedLine(default, false, "x"u8), 1, 1);
        using var byBytes = new LineBatch(new RecordShape(isJson: false, []));
        var half = new byte[600 * 1024];
        byBytes.Add(new KeyedLine(default, false, half), 1, 1);

        Assert.Equal(1_000, byCount.Count);
        Assert.True(byCount.IsFull);
        Assert.False(byBytes.HasRoomFor(new KeyedLine(default, false, half)));
    }

    [Fact]
    public void A_cleared_batch_begins_anew()
    {
        using var batch = new LineBatch(new RecordShape(isJson: false, []));
        batch.Add(new KeyedLine(default, false, "old"u8), 1, 3);
        batch.Seal();

        batch.Clear();
        batch.Add(new KeyedLine(default, false, "new"u8), 2, 6);
        batch.Seal();

        Assert.Equal("""{"records":[{"text":"new"}]}""", Normalize(batch));
    }

    private static string Normalize(LineBatch batch)
    {
        using var parsed = JsonDocument.Parse(batch.Body);
        return Encoding.UTF8.GetString(batch.Body.Span);
    }
}
