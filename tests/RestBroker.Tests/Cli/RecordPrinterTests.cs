using System.Buffers;
using System.Text;
using RestBroker.Cli.Client;
using RestBroker.Cli.Consume;
using RestBroker.Cli.Shell;

namespace RestBroker.Tests.Cli;

public sealed class RecordPrinterTests
{
    [Theory]
    [InlineData("""{"text":"a\tb \u00e9 \"q\""}""", "a\tb é \"q\"")]
    [InlineData("""{"value":{"a": [1.00, "x\ny"]}}""", """{"a": [1.00, "x\ny"]}""")]
    [InlineData("""{"value":null}""", "null")]
    [InlineData("""{"base64":"YQpi"}""", "a\nb")]
    [InlineData("""{"base64":"+/8="}""", null)]
    [InlineData("""{"base64":"\u002B/8="}""", null)]
    [InlineData("""{"text":""}""", "")]
    public void The_value_alone_is_the_bytes_that_were_sent(string record, string? expected)
    {
        byte[] bytes = expected is null ? [0xFB, 0xFF] : Encoding.UTF8.GetBytes(expected);

        Assert.Equal([.. bytes, (byte)'\n'], Print($"[{record}]", [], asJson: false));
    }

    [Fact]
    public void Columns_stand_in_the_order_asked_for_and_the_value_is_last()
    {
        var record = """[{"topic":"t","partition":2,"offset":17,"timestamp":1700000000000,"key":"k","headers":[["a","1"],["b",null],["c",{"base64":"eHk="}]],"text":"v"}]""";

        Assert.Equal("17\tk\ta=1,b=null,c=xy\t2\t1700000000000\tt\tv\n",
            PrintText(record, [Column.Offset, Column.Key, Column.Headers, Column.Partition, Column.Timestamp, Column.Topic]));
    }

    [Fact]
    public void What_would_break_the_columns_is_escaped_and_an_absent_key_is_null()
    {
        Assert.Equal("null\ta\\tb\\r\\nc\\d\n", PrintText("""[{"text":"a\tb\r\nc\\d"}]""", [Column.Key]));
        Assert.Equal("a\\tb\t\n", PrintText("""[{"key":"a\tb","text":""}]""", [Column.Key]));
        Assert.Equal("\tv\n", PrintText("""[{"keyBase64":"","text":"v","headers":[]}]""", [Column.Key]));
        Assert.Equal("\t2026-01-02T03:04:05Z\tv\n", PrintText("""[{"timestamp":"2026-01-02T03:04:05Z","text":"v","headers":[]}]""", [Column.Headers, Column.Timestamp]));
    }

    [Fact]
    public void As_JSON_a_record_is_one_line_as_the_API_sent_it()
    {
        var page = "[{\"offset\":1,\n \"value\":[1,\r\n2]}, {\"offset\":2,\"base64\":\"AA==\"}]";

        Assert.Equal("{\"offset\":1,  \"value\":[1,  2]}\n{\"offset\":2,\"base64\":\"AA==\"}\n", Encoding.UTF8.GetString(Print(page, [], asJson: true)));
    }

    [Fact]
    public void A_page_knows_its_cursor_gaps_and_lease()
    {
        using var page = Read("""
            {"records":[{"topic":"a","partition":0,"offset":5,"text":"x"},{"topic":"b","partition":1,"offset":6,"value":{"deep":[{}]}}],
             "gaps":[{"topic":"a","partition":0,"from":2,"to":5,"reason":"corrupt"}],"unknown":{"x":[1]},
             "lease":{"id":"l1","epoch":3,"partitions":[],"expiresInMs":1},"cursor":"1~abc~6","upToDate":true}
            """);

        Assert.Equal([("a", 0, 5L), ("b", 1, 6L)], page.Records.Select(record => (record.Topic, record.Partition, record.Offset)));
        Assert.Equal("1~abc~6", page.Cursor);
        Assert.Equal("a-0: offsets 2 to 4 cannot be read (corrupt)", Assert.Single(page.Gaps).ToString());
        Assert.Equal(new LeaseIdentity("l1", 3), page.Lease);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"records":{},"cursor":"x"}""")]
    [InlineData("""{"records":[],"cursor":"x" """)]
    public void An_answer_that_is_no_page_is_refused(string body)
    {
        Assert.Throws<CommandFailedException>(() => Read(body));
    }

    private static string PrintText(string records, Column[] columns) => Encoding.UTF8.GetString(Print(records, columns, asJson: false));

    private static byte[] Print(string records, Column[] columns, bool asJson)
    {
        using var page = Read($$"""{"records":{{records}},"cursor":"c"}""");
        using var stream = new MemoryStream();
        var output = new RecordOutput(stream);
        var printer = new RecordPrinter(output, columns, asJson);
        foreach (var record in page.Records) printer.Print(record);
        output.Flush();
        return stream.ToArray();
    }

    private static FetchPage Read(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var buffer = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(buffer, 0);
        return FetchPageReader.Read(new BrokerAnswer(200, null, buffer, bytes.Length));
    }
}
