using System.Buffers;
using System.Text;
using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;
using RestBroker.Server.Producing;

namespace RestBroker.Tests.Server;

/// <summary>A body comes in pieces, and what becomes of it is the same wherever it is cut.</summary>
public class RecordEnvelopeReaderTests
{
    private static readonly TopicDescription Topic = new(
        "t", Guid.Empty, 1, TopicConfig.Default, 1, [new PartitionReplicas(0, 0, [0], [0]), new PartitionReplicas(1, 0, [0], [0])]);

    private static readonly RecordLimits Limits = new(MaxKeyBytes: 100, MaxValueBytes: 100_000, MaxHeaders: 3, MaxHeaderBytes: 100, MaxValueDepth: 4);

    public static TheoryData<string> Bodies => new(
        """{"records":[{"text":"a"}]}""",
        """ { "records" : [ { "key" : "k" , "value" : { "a" : [ 1 , { "b" : null } ] } } , {"value":-12.5e3},{"value":"é\u00e9 \"\\"},{"value":null,"key":"k"} ] } """,
        """{"records":[{"text":"\u00e4\n","headers":[["a","ä"],["b",{"base64":"AAEC"}],["c",null]],"timestamp":12,"partition":1},{"base64":"AAEC","keyBase64":"/w==","timestamp":"2026-03-01T12:00:00Z"}]}""",
        """{"records":[{"value":true},{"value":[]},{"value":{}},{"value":[{"a":1},{"b":2}]},{"value":"x"}]}""",
        "\uFEFF{\"records\":[{\"text\":\"a\"}]}\r\n",
        // Faults of form and of rule, everywhere.
        """{"records":[{"text":"a","text":"b"},{"other":[{"a":{"b":[1,{"c":2}]}},3],"text":"a"},{"key":1,"text":"a"},7,[{"text":"b"}],{"text":{"a":"b"}}]}""",
        """{"records":[{"text":"a","headers":[[],["a"],["a","b","c",{"d":[1]}],7,["a",{"x":1,"y":{}}],["a",{"base64":"AA==","z":[]}],{"a":[1]}]},{"text":"b","headers":{"a":"b"}}]}""",
        """{"records":[{"value":[[[[[1]]]]],"key":"k"},{"value":1,"text":"a"},{},{"key":"k"},{"text":"a","partition":9,"timestamp":"soon"}]}""",
        """{"other":{"records":[{"text":"a"}]},"records":[{"text":"a"}],"records":[{"text":"b"}]}""",
        """{"records":{"text":"a"}}""", """{"records":[]}""", "{}", """[{"records":[{"text":"a"}]}]""", "5", "null", "", " ", "\uFEFF",
        // Not JSON, sooner or later.
        """{"records":[{"text":"a"}]""", """{"records":[{"text":"a"}]}}""", """{"records":[{"text":"a"}]} {}""", """{"records":[{"text":"a"},]}""", """{"records":[{"text":"a" "b"}]}""",
        "{\"records\":[{\"text\":\"a\"},\n{\"text\":\"a\nb\"}]}", """{"records":[{"text":"\ud800"}]}""", """{"records":[{"value":tru}]}""", """{"records":[{"value":01}]}""", """{"rec""", "\u0000");

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Cut_in_two_it_is_the_same_whether_the_second_part_was_there_or_came_later(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var whole = OutcomeOf(bytes);

        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            Assert.Equal(whole, OutcomeOf([Blocks.Of(bytes[..cut], bytes[cut..])]));
            Assert.Equal(whole, OutcomeOf(Growing(bytes, cut)));
        }
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public void In_single_bytes_it_is_the_same(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var single = bytes.Select(one => new[] { one }).ToArray();

        Assert.Equal(OutcomeOf(bytes), OutcomeOf([Blocks.Of(single)]));
        Assert.Equal(OutcomeOf(bytes), OutcomeOf(Growing(bytes, [.. Enumerable.Range(1, bytes.Length)])));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(4_096)]
    [InlineData(100_000)]
    public void A_record_of_any_length_is_read_in_blocks_of_4_KiB(int length)
    {
        var text = string.Concat(Enumerable.Range(0, length / 10).Select(i => $"{i:d9}é"))[..(length * 9 / 10)];
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new { records = Enumerable.Range(0, 9).Select(i => new { key = $"{i}", value = new { n = i, text } }) });

        Assert.Equal(OutcomeOf(bytes), OutcomeOf([Blocks.Of([.. bytes.Chunk(4_096)])]));
        Assert.Equal(OutcomeOf(bytes), OutcomeOf(Growing(bytes, [.. Enumerable.Range(1, bytes.Length / 4_096).Select(i => i * 4_096)])));
    }

    [Fact]
    public void A_long_record_is_not_begun_again_for_every_packet_that_comes()
    {
        var bytes = Encoding.UTF8.GetBytes($$$"""{"records":[{"keyBase64":"AAEC","value":[{{{string.Join(',', Enumerable.Range(0, 10_000))}}}]}]}""");
        using var work = Begin();
        var (taken, begun) = (0, 0);

        for (var there = 100; there < bytes.Length; there += 100)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            taken = work.Intake.Take(new ReadOnlySequence<byte>(bytes, taken, there - taken), isLast: false).GetInteger();
            if (GC.GetAllocatedBytesForCurrentThread() > before) begun++; // the key's bytes
        }

        Assert.InRange(begun, 2, 12);
    }

    private static string OutcomeOf(byte[] body) => OutcomeOf([new ReadOnlySequence<byte>(body)]);

    // The bytes of all batches, or why there are none.
    private static string OutcomeOf(IEnumerable<ReadOnlySequence<byte>> reads)
    {
        using var work = Begin();
        try
        {
            long taken = 0;
            var all = reads.ToList();
            for (var i = 0; i < all.Count; i++)
            {
                var bytes = all[i].Slice(taken);
                taken += bytes.Slice(0, work.Intake.Take(bytes, isLast: i == all.Count - 1)).Length;
            }

            work.Intake.End();
            return string.Join('\n', work.Batches.Builders.Select(batch => $"{batch.Partition}: {Convert.ToHexString(batch.Builder.Build().Bytes.Span)}"));
        }
        catch (BrokerException e)
        {
            return $"{e.Error} {e.Message} {string.Join('\n', e.Errors)}";
        }
        catch (JsonException e)
        {
            // Its words quote what stands there, as far as it has come.
            return $"{e.LineNumber} {e.BytePositionInLine}";
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }

    private static ProduceWork Begin()
    {
        var work = ProduceWork.Rent();
        work.Batches.Begin(new PartitionRule(Topic, null, 0));
        work.Intake.Begin(new IntakeRules("t", null, 2, Limits, MaxRecords: 100, DateTimeOffset.UnixEpoch));
        return work;
    }

    // What has come by each of these ends, and then all of it.
    private static IEnumerable<ReadOnlySequence<byte>> Growing(byte[] bytes, params int[] ends) =>
        ends.Append(bytes.Length).Select(end => new ReadOnlySequence<byte>(bytes, 0, end));
}
