using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
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
        "\uFEFF{\"records\":[{\"text\":\"a\"}]}\r\n", "\uFEFF\uFEFF{\"records\":[{\"text\":\"a\"}]}",
        // Faults of form and of rule, everywhere.
        """{"records":[{"text":"a","text":"b"},{"other":[{"a":{"b":[1,{"c":2}]}},3],"text":"a"},{"key":1,"text":"a"},7,[{"text":"b"}],{"text":{"a":"b"}}]}""",
        """{"records":[{"text":"a","headers":[[],["a"],["a","b","c",{"d":[1]}],7,["a",{"x":1,"y":{}}],["a",{"base64":"AA==","z":[]}],{"a":[1]}]},{"text":"b","headers":{"a":"b"}}]}""",
        """{"records":[{"value":[[[[[1]]]]],"key":"k"},{"value":1,"text":"a"},{},{"key":"k"},{"text":"a","partition":9,"timestamp":"soon"}]}""",
        """{"other":{"records":[{"text":"a"}]},"records":[{"text":"a"}],"records":[{"text":"b"}]}""",
        """{"other":1}""", """{"records":{"text":"a"}}""", """{"records":[]}""", "{}", """[{"records":[{"text":"a"}]}]""", "5", "null", "", " ", "\uFEFF",
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
            Assert.Equal(whole, OutcomeOf(Growing(new ReadOnlySequence<byte>(bytes), [cut])));
        }
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public void In_blocks_of_any_size_that_come_in_packets_of_any_size_it_is_the_same(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var whole = OutcomeOf(bytes);

        foreach (var blockSize in (int[])[1, 2, 3, 7, 20, 64])
        {
            foreach (var packetSize in (int[])[1, 2, 5, 13, 40, 1_000])
                Assert.Equal(whole, OutcomeOf(Growing(Blocks.Cut(bytes, blockSize), Ends(bytes.Length, packetSize))));
        }
    }

    [Fact]
    public void A_body_becomes_the_batches_that_its_records_say()
    {
        Assert.Equal(
            "0: a=1@0, =2@7\n1: b=\"3\"@0",
            RecordsOf("""{"records":[{"key":"a","value":1,"partition":0},{"text":"2","timestamp":7},{"key":"b","partition":1,"value":"3"}]}"""));
        Assert.StartsWith("InvalidRequest /records/1/other: A record has no such member", RecordsOf("""{"records":[{"text":"1"},{"other":{"a":[1]},"text":"2"}]}"""), StringComparison.Ordinal);
        Assert.StartsWith("InvalidRecord /records/0/value: The value is deeper than 4 levels.", RecordsOf("""{"records":[{"value":[[[[[1]]]]]}]}"""), StringComparison.Ordinal);
        Assert.StartsWith("InvalidRequest The member records is missing", RecordsOf("{}"), StringComparison.Ordinal);
        Assert.Equal("0 25", RecordsOf("""{"records":[{"text":"a"}]]"""));

        static string RecordsOf(string body) => OutcomeOf(Growing(Blocks.Cut(Encoding.UTF8.GetBytes(body), 5), [9, 20, 33]), Texts);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(4_096)]
    [InlineData(100_000)]
    public void A_record_of_any_length_is_read_in_blocks_of_4_KiB(int length)
    {
        var text = string.Concat(Enumerable.Range(0, length / 10).Select(i => $"{i:d9}é"))[..(length * 9 / 10)];
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new { records = Enumerable.Range(0, 9).Select(i => new { key = $"{i}", value = new { n = i, text } }) });

        Assert.Equal(OutcomeOf(bytes), OutcomeOf([Blocks.Cut(bytes, 4_096)]));
        Assert.Equal(OutcomeOf(bytes), OutcomeOf(Growing(Blocks.Cut(bytes, 4_096), Ends(bytes.Length, 10_000))));
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
    private static string OutcomeOf(IEnumerable<ReadOnlySequence<byte>> reads) => OutcomeOf(reads, batch => Convert.ToHexString(batch.Bytes.Span));

    private static string OutcomeOf(IEnumerable<ReadOnlySequence<byte>> reads, Func<RecordBatch, string> tell)
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
            return string.Join('\n', work.Batches.Builders.Select(batch => $"{batch.Partition}: {tell(batch.Builder.Build())}"));
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
        work.Intake.Begin(new IntakeRules("t", null, 2, Limits, MaxRecords: 100, new FakeTimeProvider(DateTimeOffset.UnixEpoch)));
        return work;
    }

    // What has come by each of these ends, and then all of it.
    private static IEnumerable<ReadOnlySequence<byte>> Growing(ReadOnlySequence<byte> bytes, IEnumerable<int> ends) =>
        ends.Where(end => end < bytes.Length).Select(end => bytes.Slice(0, end)).Append(bytes);

    private static IEnumerable<int> Ends(int length, int packetSize) => Enumerable.Range(1, length / packetSize).Select(i => i * packetSize);

    private static string Texts(RecordBatch batch)
    {
        using var reader = new RecordBatchReader(batch);
        var texts = new List<string>();
        while (reader.TryRead(out var record))
            texts.Add($"{Encoding.UTF8.GetString(record.Key.GetValueOrDefault().Span)}={Encoding.UTF8.GetString(record.Value.GetValueOrDefault().Span)}@{record.Timestamp}");
        return string.Join(", ", texts);
    }
}
