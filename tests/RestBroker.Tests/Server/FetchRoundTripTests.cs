using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;

namespace RestBroker.Tests.Server;

/// <summary>Whatever is stored comes back: the same member, the same bytes, in every dress.</summary>
public sealed class FetchRoundTripTests(Xunit.Abstractions.ITestOutputHelper output)
{
    // The largest value that a topic takes unless told otherwise.
    private const int Mebibyte = 1024 * 1024;

    private const int Records = 12;

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.String[Gen.Char["\r\n\0\t\"\\ab:{}[]é漢\u2028\u0085<&'"], 0, 30],
        AnyOf("😀", "👩‍🚀", "\u0001\u001f", "é").Array[0, 10].Select(parts => string.Concat(parts)),
        AnyOf("42", "true", "null", "", " ", "{}", "[1,\r\n2]", "\"s\"", "id: x\n\ndata: y", "\uFEFF"));

    private static readonly Gen<byte[]> Bytes = Gen.OneOf(
        Gen.Byte.Array[0, 40],
        // A lone surrogate, high and low, as WTF-8 has it, in the midst of text too; a line break and a byte order mark.
        AnyOf<byte[]>([0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x61, 0xED, 0xBF, 0xBF, 0x62], [0], [0x0D, 0x0A], [0xEF, 0xBB, 0xBF]),
        Gen.Int[0, 3].Select(i => new byte[i]));

    // Few, since each goes through five answers.
    private static readonly Gen<(string Member, string Json)> Big = Gen.Select(Gen.OneOf(Gen.Const(Mebibyte), Gen.Int[Mebibyte / 2, Mebibyte]), Gen.Int[0, 2]).Select((size, kind) => kind switch
    {
        0 => ("base64", JsonSerializer.Serialize(Convert.ToBase64String(new byte[size]))),
        1 => ("text", $"\"{string.Concat(Enumerable.Repeat("line\\r\\n\\u0000", size / 7))}\""),
        _ => ("value", $"[{string.Concat(Enumerable.Repeat("\r\n\"\\udc00\",", size / 11 - 1))}0]"),
    });

    private static readonly Gen<string> Json = Gen.OneOf(
        Text.Select(text => JsonSerializer.Serialize(text)),
        Gen.Select(Text, AnyOf("\r\n", "\n", " ", "\r", ""), Gen.Double[-1e300, 1e300]).Select(t =>
            $"{{{t.Item2}\"a\"{t.Item2}:{t.Item2}[{JsonSerializer.Serialize(t.Item1)},{t.Item2}{t.Item3.ToString("E17", System.Globalization.CultureInfo.InvariantCulture)}]{t.Item2},\"a\":1}}"),
        AnyOf("1.0", "1e400", "0.10", "true", "false", "\"\\ud800\"", "\"x\\udfffx\"", "null", "\"\\u0000\"", "[]", "{\"x\":{\"x\":1,\"x\":2}}", "-0"));

    private static readonly Gen<Sent> Record = Gen.Select(
        Gen.OneOf(Gen.Const(""), Text.Select(text => $"\"key\":{JsonSerializer.Serialize(text)}"), Invalid().Select(Base64("keyBase64"))),
        Gen.Frequency(
            (20, Json.Select(json => ("value", json))),
            (20, Text.Select(text => ("text", JsonSerializer.Serialize(text)))),
            (20, Bytes.Select(bytes => ("base64", JsonSerializer.Serialize(Convert.ToBase64String(bytes))))),
            (1, Big)),
        Gen.Select(Gen.String[Gen.Char["abc-é"], 1, 8], Gen.OneOf(
            Text.Select(text => JsonSerializer.Serialize(text)), Invalid().Select(b => $"{{{Base64("base64")(b)}}}"), Gen.Const("null"))).Array[0, 4]
            .Select(headers => string.Join(',', headers.Select(h => $"[{JsonSerializer.Serialize(h.Item1)},{h.Item2}]"))))
        .Select(t => new Sent(t.Item1, t.Item2.Item1, t.Item2.Item2, t.Item3));

    [Fact]
    public async Task Any_mix_of_records_comes_back_as_it_was_sent()
    {
        await using var broker = TestBroker.Start();
        var run = 0;

        await Record.Array[Records].SampleAsync(async records =>
        {
            var topic = $"t{Interlocked.Increment(ref run)}";
            await broker.CreateAsync(topic);
            await broker.ProduceAsync(topic, records.Select(record => record.ToString()));

            var lines = await broker.SendAsync(HttpMethod.Get, $"/v1/topics/{topic}/records?maxBytes=16777216", headers: ("Accept", "application/x-ndjson"));
            var shown = lines.Body.TrimEnd('\n').Split('\n')[..^1];
            Assert.Equal(records.Length, shown.Length);
            for (var i = 0; i < records.Length; i++) records[i].CheckShown(shown[i]);

            var page = await broker.GetAsync($"/v1/topics/{topic}/records?maxBytes=16777216");
            Assert.StartsWith($"{{\"records\":[{string.Join(',', shown)}],", page.Body, StringComparison.Ordinal);

            await using var events = await EventsReader.OpenAsync(broker, $"/v1/topics/{topic}/events?from=earliest");
            foreach (var line in shown) Assert.Equal(line, (await events.NextAsync("message")).Data);
            var followed = await broker.GetAsync($"/v1/topics/{topic}/records?follow=true&until=now");
            Assert.Equal(shown, followed.Body.Split('\n').Where(line => line.StartsWith("{\"topic\"", StringComparison.Ordinal)).Select(WithoutCursor));
            for (var i = 0; i < records.Length; i++)
                await records[i].CheckStoredAsync(await broker.Client.GetAsync(new Uri($"/v1/topics/{topic}/partitions/0/records/{i}/value", UriKind.Relative)));
        }, writeLine: output.WriteLine, iter: 40, threads: 1);
    }

    [Fact]
    public async Task A_value_of_a_mebibyte_comes_back_in_every_dress()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("big");
        var text = string.Concat(Enumerable.Repeat("0123456789\r\n\0漢\"\\", 1_048_000 / 18)); // 18 bytes of UTF-8
        await broker.ProduceAsync("big", 0, text);

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/big/events?from=earliest");

        Assert.Equal(text, (await events.NextAsync("message")).Text);
        Assert.Equal([text], (await broker.PageAsync("/v1/topics/big/records?maxBytes=1")).Texts);
        Assert.Equal(Encoding.UTF8.GetBytes(text), await broker.Client.GetByteArrayAsync(new Uri("/v1/topics/big/partitions/0/records/0/value", UriKind.Relative)));
    }

    private static string WithoutCursor(string line) => $"{line[..line.LastIndexOf(",\"cursor\":\"", StringComparison.Ordinal)]}}}";

    private static Gen<T> AnyOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<byte[]> Invalid() => Gen.Byte.Array[0, 10].Select(bytes => (byte[])[0xFF, .. bytes]);

    private static Func<byte[], string> Base64(string name) => bytes => $"\"{name}\":\"{Convert.ToBase64String(bytes)}\"";

    private sealed record Sent(string Key, string Member, string Value, string Headers)
    {
        private bool IsTombstone => (Member, Value) == ("value", "null");

        /// <summary>The bytes that are kept: JSON as it was written, strings without their quotes.</summary>
        private byte[] Stored => Member switch
        {
            "value" => Encoding.UTF8.GetBytes(Value),
            "text" => Encoding.UTF8.GetBytes(JsonSerializer.Deserialize<string>(Value)!),
            _ => Convert.FromBase64String(JsonSerializer.Deserialize<string>(Value)!),
        };

        public async Task CheckStoredAsync(HttpResponseMessage answer)
        {
            using (answer)
            {
                // A tombstone has no bytes, not even none.
                Assert.Equal(IsTombstone ? 404 : 200, (int)answer.StatusCode);
                if (!IsTombstone) Assert.Equal(Stored, await answer.Content.ReadAsByteArrayAsync());
            }
        }

        public void CheckShown(string line)
        {
            using var document = JsonDocument.Parse(line);
            var shown = document.RootElement;
            var expected = JsonNode.Parse($"{{{Key}}}")!.AsObject().SingleOrDefault();
            Assert.Equal((string?)expected.Value, expected.Key is { } name ? shown.GetProperty(name).GetString() : null);
            Assert.Equal(Key.Length > 0, shown.TryGetProperty("key", out _) || shown.TryGetProperty("keyBase64", out _));
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse($"[{Headers}]"), JsonNode.Parse(shown.GetProperty("headers").GetRawText())), line);
            if (Member == "value") Assert.Equal(Value.Replace('\r', ' ').Replace('\n', ' '), shown.GetProperty("value").GetRawText());
            else Assert.Equal(JsonSerializer.Deserialize<string>(Value), shown.GetProperty(Member).GetString());
        }

        public override string ToString() =>
            $"{{{(Key.Length > 0 ? $"{Key}," : "")}{JsonSerializer.Serialize(Member)}:{Value},\"headers\":[{Headers}]}}";
    }
}
