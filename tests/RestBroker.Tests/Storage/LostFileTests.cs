using RestBroker.Storage.Recovery;

namespace RestBroker.Tests.Storage;

/// <summary>Segment files that are gone, or empty: readers are told, and no offset is given out again.</summary>
public sealed class LostFileTests : IDisposable
{
    private readonly LogFixture _fixture = new();

    public LostFileTests() => _fixture.Configs["segment.bytes"] = "1024";

    public void Dispose() => _fixture.Dispose();

    public static TheoryData<bool, bool, bool> Cases()
    {
        var cases = new TheoryData<bool, bool, bool>();
        foreach (var isClean in (bool[])[true, false])
            foreach (var isEmptied in (bool[])[true, false])
                foreach (var isSealGone in (bool[])[true, false]) cases.Add(isClean, isEmptied, isSealGone);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_file_that_is_lost_in_the_middle_is_a_gap(bool isClean, bool isEmptied, bool isSealGone)
    {
        var (files, end) = await WriteAsync();
        Lose(files[1], isEmptied, isSealGone);

        var log = _fixture.Open(isClean ? StartKind.Clean : StartKind.Unclean);

        Assert.Contains($"!{BaseOffset(files[1])}-{BaseOffset(files[2])}", LogFixture.Read(log));
        Assert.Equal(end, await LogFixture.AppendAsync(log, "after"));
        Assert.NotEmpty(_fixture.Report.Damaged);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_file_that_is_lost_at_the_end_is_a_gap_and_its_offsets_are_not_given_out_again(bool isClean, bool isEmptied, bool isSealGone)
    {
        var (files, end) = await WriteAsync();
        Lose(files[^1], isEmptied, isSealGone);

        var log = _fixture.Open(isClean ? StartKind.Clean : StartKind.Unclean);

        Assert.Equal(end, await LogFixture.AppendAsync(log, "after"));
        var found = LogFixture.Read(log);
        Assert.Equal([$"!{BaseOffset(files[^1])}-{end}", $"{end} after"], found.TakeLast(2));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_file_that_is_lost_at_the_start_moves_the_log_start(bool isClean, bool isEmptied, bool isSealGone)
    {
        var (files, end) = await WriteAsync();
        Lose(files[0], isEmptied, isSealGone);

        var log = _fixture.Open(isClean ? StartKind.Clean : StartKind.Unclean);

        Assert.Equal(BaseOffset(files[1]), log.LogStartOffset);
        Assert.Equal(end, await LogFixture.AppendAsync(log, "after"));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Where_every_file_is_lost_the_log_goes_on_where_it_was(bool isClean, bool isEmptied, bool isSealGone)
    {
        var (files, end) = await WriteAsync();
        foreach (var file in files) Lose(file, isEmptied, isSealGone);

        var log = _fixture.Open(isClean ? StartKind.Clean : StartKind.Unclean);

        Assert.Equal((end, end), (log.LogStartOffset, log.HighWatermark.Value));
        Assert.Equal(end, await LogFixture.AppendAsync(log, "after"));
        Assert.NotEmpty(_fixture.Report.Damaged);
    }

    private static long BaseOffset(string file) => long.Parse(Path.GetFileNameWithoutExtension(file), null);

    private async Task<(string[] Files, long End)> WriteAsync()
    {
        var log = _fixture.Open();
        for (var i = 0; i < 30; i++) await LogFixture.AppendAsync(log, new string('x', 200));
        Assert.True(log.CloseCleanly());
        var files = Directory.GetFiles(_fixture.LogDirectory, "*.log").Order(StringComparer.Ordinal).ToArray();
        Assert.True(files.Length > 4);
        return (files, 30);
    }

    private static void Lose(string file, bool isEmptied, bool isSealGone)
    {
        if (isEmptied) File.WriteAllBytes(file, []);
        else File.Delete(file);
        if (isSealGone) File.Delete(Path.ChangeExtension(file, ".seal"));
    }
}
