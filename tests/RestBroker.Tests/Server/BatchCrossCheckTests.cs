using System.Diagnostics;
using System.Text.Json.Nodes;

namespace RestBroker.Tests.Server;

/// <summary>A writer and a reader of Kafka's batches that share no code with ours: Debian's python3-kafka.</summary>
public sealed class BatchCrossCheckTests
{
    [Fact]
    public async Task Batches_of_kafka_python_in_every_codec_are_taken_and_what_is_given_kafka_python_reads()
    {
        using var directory = new TempDirectory();
        var (written, given) = (directory.Write("written.log", []), directory.Write("given.log", []));
        await PythonAsync("write", written);
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "before");
        var batches = await File.ReadAllBytesAsync(written);

        var stored = await broker.PostBatchesAsync(batches);

        Assert.True(stored.Status == 200, stored.Body);
        Assert.Equal([1, 6, 11, 16, 21], stored.Json["batches"]!.AsArray().Select(receipt => (int)receipt!["baseOffset"]!));
        var (_, bytes) = await broker.GetBatchesAsync("?offset=1");
        Assert.Equal(BatchBroker.WithoutPlaces(batches), BatchBroker.WithoutPlaces(bytes));
        await File.WriteAllBytesAsync(given, bytes);
        var sent = JsonNode.Parse(await PythonAsync("read", written))!.AsArray();
        var read = JsonNode.Parse(await PythonAsync("read", given))!.AsArray();
        Assert.Equal(25, read.Count);
        Assert.Equal(
            sent.Select(record => $"{(int)record![0]! + 1} {record[1]} {record[2]}"),
            read.Select(record => $"{record![0]} {record[1]} {record[2]}"));
    }

    private static async Task<string> PythonAsync(params string[] arguments)
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
