using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Engine;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Server.Composition;
using RestBroker.Storage;

namespace RestBroker.Tests.Server;

/// <summary>The verbs for the data directory of a stopped broker, on directories that a real one left.</summary>
public sealed class LogCommandTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_sound_directory_is_told_partition_by_partition()
    {
        await LiveAsync();

        Assert.Equal(LogCommand.Sound, await RunAsync("verify"));

        Assert.Matches(@"(?m)^orders-0 +ok +40 records  offsets 0\.\.39  \d+ bytes$", Output);
        Assert.Matches(@"(?m)^orders-1 +ok +0 records  offsets none, next 0  0 bytes$", Output);
        Assert.Matches(@"(?m)^__metadata-0 +ok +1 records", Output);
        Assert.Contains("3 partitions are sound.", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_is_in_use_is_left_alone()
    {
        await using var engine = await OpenAsync();

        foreach (var verb in (string[])["verify", "dump", "repair"])
        {
            Assert.Equal(LogCommand.Usage, await RunAsync(verb));
            Assert.Contains("is in use by another process", Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Rot_is_told_with_file_bytes_and_offsets_and_its_neighbours_are_dumped()
    {
        await LiveAsync();
        var batchSize = FlipBatch(Segment(0), batch: 2);

        Assert.Equal(LogCommand.Damaged, await RunAsync("verify"));
        Assert.Matches(@"(?m)^orders-0 +damaged +39 records", Output);
        Assert.Contains($"00000000000000000000.log, bytes {2 * batchSize} to {(3 * batchSize) - 1}: offsets 2 to 2 cannot be read", Output, StringComparison.Ordinal);

        Assert.Equal(LogCommand.Damaged, await RunAsync("dump", "--topic", "orders", "--partition", "0", "--limit", "4"));
        Assert.Contains("payload: value 01", Output, StringComparison.Ordinal);
        Assert.Contains($"! unreadable: offsets 2 to 2, file: 00000000000000000000.log position: {2 * batchSize}", Output, StringComparison.Ordinal);
        Assert.Contains("payload: value 04", Output, StringComparison.Ordinal);
        Assert.DoesNotContain("payload: value 05", Output, StringComparison.Ordinal);

        Assert.Equal(LogCommand.Sound, await RunAsync("repair"));
        Assert.Contains("There was nothing to do", Output, StringComparison.Ordinal);
        Assert.Equal(LogCommand.Damaged, await RunAsync("verify"));
    }

    [Fact]
    public async Task A_torn_end_is_foretold_by_a_dry_run_and_cut_by_the_repair_with_a_copy_kept()
    {
        await LiveAsync();
        File.Delete(Path.Combine(_directory.Path, "clean-shutdown"));
        var last = Segments().Last();
        var torn = File.ReadAllBytes(last)[..70];
        await File.AppendAllBytesAsync(last, torn);

        Assert.Equal(LogCommand.Damaged, await RunAsync("verify"));
        Assert.Contains("the tail from offset 40 on is not whole", Output, StringComparison.Ordinal);
        Assert.Contains("did not end in order", Output, StringComparison.Ordinal);

        var before = Fingerprint();
        Assert.Equal(LogCommand.Sound, await RunAsync("repair", "--dry-run"));
        Assert.Contains("orders-0 was recovered: 70 bytes read, 70 cut off", Output, StringComparison.Ordinal);
        Assert.Equal(before, Fingerprint());

        Assert.Equal(LogCommand.Sound, await RunAsync("repair"));
        Assert.Contains("orders-0 was recovered: 70 bytes read, 70 cut off", Output, StringComparison.Ordinal);
        Assert.Equal(torn, File.ReadAllBytes(Assert.Single(Directory.GetFiles(Path.Combine(_directory.Path, "quarantine")))));
        Assert.Equal(LogCommand.Sound, await RunAsync("verify"));
        Assert.Equal(LogCommand.Sound, await RunAsync("repair"));
        Assert.Contains("There was nothing to do", Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 10_000)]
    [InlineData(false, 10_000)]
    [InlineData(true, 1_000_000)]
    [InlineData(false, 1_000_000)]
    public async Task Room_that_a_broker_had_made_when_it_was_killed_is_no_damage(bool isClean, int segmentBytes)
    {
        await LiveAsync(segmentBytes);
        if (!isClean) File.Delete(Path.Combine(_directory.Path, "clean-shutdown"));
        var (path, size) = (Segment(0), new FileInfo(Segment(0)).Length);
        await File.AppendAllBytesAsync(path, new byte[5000]);

        Assert.Equal(LogCommand.Sound, await RunAsync("verify"));
        Assert.Equal(LogCommand.Sound, await RunAsync("dump"));
        Assert.DoesNotContain("unreadable", Output, StringComparison.Ordinal);

        Assert.Equal(LogCommand.Sound, await RunAsync("repair"));
        Assert.Equal(size, new FileInfo(path).Length);
        Assert.False(Directory.Exists(Path.Combine(_directory.Path, "quarantine")));
    }

    [Fact]
    public async Task Zeros_in_the_place_of_records_are_damage()
    {
        await LiveAsync();
        var last = Segments().Last();
        await File.WriteAllBytesAsync(last, new byte[new FileInfo(last).Length]);

        Assert.Equal(LogCommand.Damaged, await RunAsync("verify"));
        Assert.Matches("bytes 0 to [0-9]+: offsets [0-9]+ to 39 cannot be read", Output);
    }

    [Theory]
    [InlineData("00000000000000000000.index", "does not fit")]
    [InlineData("00000000000000000000.timeindex", "does not fit")]
    [InlineData("00000000000000000000.seal", "does not fit")]
    public async Task What_is_beside_the_records_is_held_against_them_and_made_again(string name, string told)
    {
        await LiveAsync();
        var path = Path.Combine(Path.GetDirectoryName(Segment(0))!, name);
        FlipByte(path, at: 5);

        Assert.Equal(LogCommand.Damaged, await RunAsync("verify"));
        Assert.Contains(told, Output, StringComparison.Ordinal);
        Assert.Equal(LogCommand.Sound, await RunAsync("repair"));
        Assert.Equal(LogCommand.Sound, await RunAsync("verify"));
    }

    [Fact]
    public async Task Records_that_the_checkpoint_knows_and_no_file_holds_are_missed()
    {
        await LiveAsync();
        File.Delete(Segments().Last());

        Assert.Equal(LogCommand.Damaged, await RunAsync("verify"));

        Assert.Matches("offsets [0-9]+ to 39 are gone: the checkpoint says that they were on the disk", Output);
    }

    [Fact]
    public async Task A_segment_in_the_middle_that_is_gone_is_missed()
    {
        await LiveAsync();
        File.Delete(Segments().ElementAt(1));

        Assert.Equal(LogCommand.Damaged, await RunAsync("verify"));

        Assert.Matches(@"offsets [0-9]+ to [0-9]+ before it are missing", Output);
    }

    [Fact]
    public async Task A_partition_whose_directory_is_gone_is_missed()
    {
        await LiveAsync();
        Directory.Delete(Path.GetDirectoryName(Segment(0))!, recursive: true);

        Assert.Equal(LogCommand.Damaged, await RunAsync("verify"));

        Assert.Matches(@"(?m)^orders-0 +damaged +0 records", Output);
        Assert.Contains("is missing", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dump_begins_and_ends_where_it_is_told()
    {
        await LiveAsync();

        Assert.Equal(LogCommand.Sound, await RunAsync("dump", "--topic", "orders", "--from", "7", "--limit", "2"));

        Assert.Equal(["value 07", "value 08"], Output.Split('\n').Where(line => line.StartsWith("| offset", StringComparison.Ordinal)).Select(line => line[^8..]));
        Assert.Contains("vvv key: k payload: value 07", Output, StringComparison.Ordinal);
        Assert.Contains("CreateTime: 1007 (1970-01-01T00:00:01.007Z) keySize: 1 valueSize: 8 headers: n=vvv", Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("verify")]
    [InlineData("mend", "DIR")]
    [InlineData("verify", "DIR", "--from", "1")]
    [InlineData("dump", "DIR", "--from", "x")]
    [InlineData("dump", "DIR", "--from")]
    [InlineData("dump", "DIR", "--topic", "nowhere")]
    [InlineData("repair", "DIR", "--wet-run")]
    [InlineData("verify", "nowhere")]
    public async Task What_cannot_be_understood_changes_nothing_and_is_told(params string[] args)
    {
        await LiveAsync();
        var before = Fingerprint();

        var code = await LogCommand.RunAsync([.. args.Select(arg => arg == "DIR" ? _directory.Path : arg)], _output, _error);

        Assert.Equal(LogCommand.Usage, code);
        Assert.NotEmpty(Error);
        Assert.Equal(before, Fingerprint());
    }

    private string Output => _output.ToString();

    private string Error => _error.ToString();

    private Task<int> RunAsync(string verb, params string[] options)
    {
        _output.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
        return LogCommand.RunAsync([verb, _directory.Path, .. options], _output, _error);
    }

    private Task<EmbeddedLogEngine> OpenAsync() => EmbeddedLogEngine.OpenAsync(
        new LogConfig { DataDirectory = _directory.Path }, TimeProvider.System, NullLoggerFactory.Instance, default);

    /// <summary>A broker with 40 records in some segments of one partition, stopped in order.</summary>
    private async Task LiveAsync(int segmentBytes = 10_000)
    {
        await using var engine = await OpenAsync();
        var configs = new Dictionary<string, string> { ["segment.bytes"] = $"{segmentBytes}", ["retention.ms"] = "-1" };
        await engine.CreateTopicAsync(new TopicSpec("orders", 2, null, configs), default);
        for (var i = 0; i < 40; i++)
        {
            using var builder = new RecordBatchBuilder();
            var filler = new Header("n"u8.ToArray(), Encoding.ASCII.GetBytes(new string('v', 500)));
            builder.Append(1_000 + i, "k"u8.ToArray(), Encoding.UTF8.GetBytes($"value {i:D2}"), [filler]);
            await engine.ProduceAsync(new ProduceRequest(new("orders", 0), builder.Build(), Acks.All), default);
        }
    }

    private IEnumerable<string> Segments() =>
        Directory.GetFiles(Path.Combine(_directory.Path, "topics"), "*.log", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    private string Segment(int index) => Segments().ElementAt(index);

    /// <summary>Flips a bit in the payload of a batch, all being of the same size; returns that size.</summary>
    private static int FlipBatch(string path, int batch)
    {
        var bytes = File.ReadAllBytes(path);
        var size = (int)RecordBatch.SizeOf(bytes);
        FlipByte(path, (batch * size) + size - 3);
        return size;
    }

    private static void FlipByte(string path, long at)
    {
        using var file = File.Open(path, FileMode.Open);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 0x10));
    }

    private string Fingerprint()
    {
        var all = new StringBuilder();
        foreach (var path in Directory.GetFileSystemEntries(_directory.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            all.AppendLine($"{path} {(File.Exists(path) ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))) : "")}");
        return all.ToString();
    }
}
