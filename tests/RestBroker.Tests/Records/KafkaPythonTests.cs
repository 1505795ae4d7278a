using System.Diagnostics;
using System.Text.Json;
using RestBroker.Core.Records;

namespace RestBroker.Tests.Records;

/// <summary>The other direction of the vectors: kafka-python reads what the builder makes. Needs Debian's python3-kafka and its codecs.</summary>
public sealed class KafkaPythonTests
{
    [Fact]
    public async Task Kafka_python_reads_every_batch_that_the_builder_makes_in_every_codec()
    {
        using var directory = new TempDirectory();
        var expected = new List<List<string>>();
        var files = new List<string>();
        foreach (var vector in BatchVector.All().Where(vector => !vector.Name.StartsWith("offsets", StringComparison.Ordinal)))
        {
            foreach (var compression in Enum.GetValues<CompressionType>())
            {
                using var builder = new RecordBatchBuilder(compression);
                vector.AppendTo(builder);
                var batch = builder.Build();
                batch.StampPlace(baseOffset: files.Count * 1000, leaderEpoch: 3);
                expected.Add(RecordText.Of(batch));
                files.Add(directory.Write($"{files.Count}.batch", batch.Bytes.Span));
            }
        }

        var read = await ReadAsync(files);

        Assert.Equal(files.Count, read.Count);
        for (var i = 0; i < files.Count; i++) Assert.Equal(expected[i], read[i]);
    }

    private static async Task<List<List<string>>> ReadAsync(List<string> files)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Records", "read_batches.py");
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", [script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = python.StandardError.ReadToEndAsync();
        var output = python.StandardOutput.ReadToEndAsync();
        await python.StandardInput.WriteAsync(string.Join('\n', files));
        python.StandardInput.Close();
        var lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await python.WaitForExitAsync();
        Assert.True(python.ExitCode == 0, await errors);
        return [.. lines.Select(Records)];
    }

    private static List<string> Records(string line)
    {
        using var document = JsonDocument.Parse(line);
        return
        [
            .. document.RootElement.EnumerateArray().Select(record => RecordText.Line(
                record[0].GetInt64(),
                record[1].GetInt64(),
                Bytes(record[2]),
                Bytes(record[3]),
                record[4].EnumerateArray().Select(header => (header[0].GetString()!, Bytes(header[1]))))),
        ];
    }

    private static ReadOnlyMemory<byte>? Bytes(JsonElement hex) =>
        hex.ValueKind == JsonValueKind.Null ? null : (ReadOnlyMemory<byte>?)Convert.FromHexString(hex.GetString()!);
}
