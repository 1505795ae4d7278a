using System.Text;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Storage.Keys;

namespace RestBroker.Tests.Storage;

public sealed class KeyIndexTests : IDisposable
{
    private readonly KeyedLog _log = new();
    private readonly Dictionary<string, Entry> _expected = [];

    public void Dispose() => _log.Dispose();

    public static TheoryData<string, Action<string>> Damage => new()
    {
        { "none", _ => { } },
        { "missing", File.Delete },
        { "empty", path => File.WriteAllBytes(path, []) },
        { "zeroed", path => File.WriteAllBytes(path, new byte[new FileInfo(path).Length]) },
        { "cut", path => File.WriteAllBytes(path, File.ReadAllBytes(path)[..^3]) },
        { "longer", path => File.AppendAllText(path, "garbage that was left behind") },
        { "flipped head", path => Flip(path, 9) },
        { "flipped hash", path => Flip(path, 60) },
        { "flipped end", path => Flip(path, (int)new FileInfo(path).Length - 1) },
        { "foreign", path => File.Copy(Directory.GetFiles(Path.GetDirectoryName(path)!, "*.keyindex").First(other => other != path), path, overwrite: true) },
    };

    [Theory]
    [MemberData(nameof(Damage))]
    public async Task Whatever_became_of_the_index_files_each_key_is_found_where_it_is(string kind, Action<string> damage)
    {
        await WriteAsync(60);
        _log.Roll();
        await WriteAsync(1);
        Assert.True(_log.Log.Keys.Save(default) > 3);
        var files = _log.Files.Where(name => name.EndsWith(".keyindex", StringComparison.Ordinal)).ToList();
        Check();
        Assert.True(_log.Log.CloseCleanly());
        foreach (var name in files) damage(Path.Combine(_log.Fixture.LogDirectory, name));

        _log.Crash(isPowerCut: false);
        Check();
        Assert.Equal(kind != "none", _log.Log.Keys.Save(default) > 0);
        Check();
        Assert.Equal(0, _log.Log.Keys.Save(default));
    }

    [Fact]
    public async Task An_index_file_that_goes_while_it_is_used_costs_nothing()
    {
        await WriteAsync(30);
        _log.Roll();
        _log.Log.Keys.Save(default);
        Check();
        foreach (var path in Directory.GetFiles(_log.Fixture.LogDirectory, "*.keyindex")) File.Delete(path);

        Check();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Keys_are_found_through_appends_compactions_and_restarts(int seed)
    {
        var random = new Random(seed);
        for (var step = 0; step < 120; step++)
        {
            switch (random.Next(10))
            {
                case < 6:
                    await WriteAsync(random.Next(1, 4), random);
                    break;
                case 6:
                    _log.Roll();
                    break;
                case 7:
                    _log.Compact();
                    break;
                case 8:
                    _log.Log.Keys.Save(default);
                    break;
                default:
                    if (random.Next(2) == 0) _log.Restart();
                    else _log.Crash(isPowerCut: random.Next(2) == 0);
                    break;
            }

            Check();
        }
    }

    [Fact]
    public void Two_keys_of_one_short_hash_are_told_apart_by_their_records()
    {
        var segment = new RestBroker.Storage.Log.LogSegment(_log.Fixture.LogDirectory, 100, new RestBroker.Storage.Files.OpenSegments(_log.Fixture.Files, 10));
        var path = Path.Combine(_log.Fixture.LogDirectory, "some.keyindex");
        var same = (UInt128)42 << 64;
        var places = Enumerable.Range(0, 5_000).ToDictionary(i => (UInt128)i << 66, i => new KeyPlace(100 + i, i % 3 == 0));
        for (var i = 0; i < 2_500; i++) places[same + (UInt128)i] = new KeyPlace(6_000 + i, false);

        KeyIndexFile.Write(path, segment, places, null);
        var file = KeyIndexFile.TryOpen(path, segment)!;

        Assert.Equal(Enumerable.Range(0, 2_500).Select(i => new KeyPlace(8_399 - i, false)), file.Find(same));
        Assert.Equal([new KeyPlace(33, true)], file.Find((UInt128)33 << 66));
        Assert.Empty(file.Find((UInt128)1 << 64)!);
        Assert.Empty(file.Find(UInt128.MaxValue)!);
    }

    [Fact]
    public async Task Where_the_latest_record_of_a_key_may_be_damaged_no_older_one_is_given_for_it()
    {
        await _log.AppendAsync("a=old", "b=old");
        _log.Roll();
        var damaged = (await _log.AppendAsync("x=1"))[0];
        _log.Roll();
        await _log.AppendAsync("b=new");
        var path = Path.Combine(_log.Fixture.LogDirectory, $"{damaged.Offset:D20}.log");
        Flip(path, (int)new FileInfo(path).Length - 1);

        foreach (var _ in (int[])[1, 2])
        {
            Assert.Equal("new", await FindAsync("b"));
            var refused = await Assert.ThrowsAsync<BrokerException>(() => FindAsync("a"));
            Assert.Equal((BrokerError.RecordCorrupt, 2L, 3L), (refused.Error, refused.Members["from"], refused.Members["to"]));
            _log.Log.Keys.Save(default);
        }

        await _log.AppendAsync("a=again");
        Assert.Equal("again", await FindAsync("a"));
    }

    [Fact]
    public async Task Records_below_the_log_start_are_no_keys_values()
    {
        await _log.AppendAsync("a=1", "b=1");
        await _log.AppendAsync("c=1");
        _log.Log.DeleteRecords(1);

        Assert.Null(await FindAsync("a"));
        Assert.Equal("1", await FindAsync("b"));
    }

    private async Task WriteAsync(int batches, Random? random = null)
    {
        random ??= new Random(batches);
        for (var i = 0; i < batches; i++)
        {
            var records = Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"key{random.Next(25)}={(random.Next(5) == 0 ? "" : $"{random.Next(1000)}{new string('x', 80)}")}");
            foreach (var entry in await _log.AppendAsync([.. records])) _expected[entry.Key!] = entry;
        }
    }

    private void Check()
    {
        for (var i = 0; i < 27; i++)
        {
            var expected = _expected.TryGetValue($"key{i}", out var entry) ? entry.Value : null;
            Assert.Equal(expected, FindAsync($"key{i}").Result);
        }
    }

    private async Task<string?> FindAsync(string key)
    {
        using var latest = await _log.Log.Keys.FetchLatestAsync(Encoding.UTF8.GetBytes(key), default);
        if (latest is null) return null;
        Assert.True(RecordBatch.TryRead(latest.Found.Batches.ToArray(), out var batch));
        using var reader = new RecordBatchReader(batch);
        while (reader.TryRead(out var record))
        {
            if (record.Offset == latest.Offset) return Encoding.UTF8.GetString(record.Value!.Value.Span);
        }

        return null;
    }

    private static void Flip(string path, int position)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[position] ^= 0x10;
        File.WriteAllBytes(path, bytes);
    }
}
