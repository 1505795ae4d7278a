using System.Diagnostics;
using System.Text.Json.Nodes;
using RestBroker.Core.Records;

namespace RestBroker.Tests.Storage;

/// <summary>Segment files, and a reader and a writer of Kafka's format that share no code with ours: Debian's python3-kafka.</summary>
public sealed class SegmentCrossCheckTests
{
    [Fact]
    public async Task Kafka_python_reads_our_segments_as_they_were_written_and_as_they_were_compacted()
    {
        using var log = new KeyedLog();
        log.Set("segment.bytes", "3000");
        for (var i = 0; i < 100; i++)
            await log.AppendAsync((CompressionType)(i % 5), i % 7 == 0 ? i % 3 : -1, $"key{i % 11}=value {i} {new string('x', i)}", $"other{i}=");
        foreach (var isCompacted in (bool[])[false, true])
        {
            log.Roll();
            if (isCompacted) Assert.NotNull(log.Compact());

            var read = await PythonAsync(["read", .. log.LogFiles.Select(name => Path.Combine(log.Fixture.LogDirectory, name))]);

            var records = read.Split('\n', StringSplitOptions.RemoveEmptyEntries).SelectMany(line => JsonNode.Parse(line)!.AsArray())
                .Select(record => $"{record![0]} {(string?)record[1] ?? "-"}={(string?)record[2] ?? "-"}");
            Assert.Equal(log.Read().Select(entry => entry.ToString()), records);
        }
    }

    [Fact]
    public async Task A_segment_that_kafka_python_wrote_is_served()
    {
        using var fixture = new LogFixture();
        await PythonAsync(["write", fixture.FirstSegment]);

        var log = fixture.Open(RestBroker.Storage.Recovery.StartKind.Unclean);

        Assert.Equal(
            Enumerable.Range(0, 25).Select(i => $"{i} {string.Concat(Enumerable.Repeat($"value of codec {i / 5} ", 20))}"), LogFixture.Read(log));
        Assert.InRange(await LogFixture.AppendAsync(log, "ours"), 25, long.MaxValue);
    }

    private static async Task<string> PythonAsync(string[] arguments)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Storage", "segments.py");
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", [script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = python.StandardError.ReadToEndAsync();
        var output = await python.StandardOutput.ReadToEndAsync();
        await python.WaitForExitAsync();
        Assert.True(python.ExitCode == 0, await errors);
        return output;
    }
}
