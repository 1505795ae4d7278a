using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Tests.Storage;

public sealed class LogCheckpointTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly PhysicalFileStore _files = new();

    private string Path => System.IO.Path.Combine(_directory.Path, LogCheckpoint.FileName);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_newest_state_is_read()
    {
        var checkpoint = new LogCheckpoint(_files, Path);
        for (var i = 1; i <= 5; i++) checkpoint.Write(State(i), sync: true);

        Assert.Equal(State(5), new LogCheckpoint(_files, Path).Read());
    }

    [Fact]
    public void A_write_that_is_cut_at_any_byte_leaves_the_state_before_or_the_new_one()
    {
        var checkpoint = new LogCheckpoint(_files, Path);
        checkpoint.Write(State(1), sync: true);
        checkpoint.Write(State(2), sync: true);
        var before = File.ReadAllBytes(Path);
        checkpoint.Write(State(3), sync: true);
        var after = File.ReadAllBytes(Path);

        for (var cut = 0; cut <= after.Length; cut++)
        {
            File.WriteAllBytes(Path, [.. after[..cut], .. before.AsSpan(Math.Min(cut, before.Length))]);

            Assert.Contains(new LogCheckpoint(_files, Path).Read()!.Value, (CheckpointState[])[State(2), State(3)]);
        }
    }

    [Fact]
    public void Never_are_both_slots_unsynced_at_once()
    {
        var files = new FaultyFileStore();
        var calls = new List<FileCall>();
        var checkpoint = new LogCheckpoint(files, Path);
        checkpoint.Write(State(1), sync: true);
        files.Fault = (call, _) =>
        {
            if (call is FileCall.Write or FileCall.Sync) calls.Add(call);
            return 0;
        };

        checkpoint.Write(State(2), sync: false);
        Assert.True(checkpoint.IsUnsynced);
        checkpoint.Write(State(3), sync: false);
        Assert.Equal([FileCall.Write, FileCall.Sync, FileCall.Write], calls);

        checkpoint.NoteSynced();
        checkpoint.Write(State(4), sync: true);
        Assert.Equal([FileCall.Write, FileCall.Sync], calls[3..]);
        Assert.False(checkpoint.IsUnsynced);
        Assert.Equal(State(4), new LogCheckpoint(_files, Path).Read());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(100)]
    [InlineData(9000)]
    public void A_file_that_is_not_a_checkpoint_is_none(int length)
    {
        File.WriteAllBytes(Path, new byte[length]);

        Assert.Null(new LogCheckpoint(_files, Path).Read());
    }

    private static CheckpointState State(int i) => new(i, i + 10, i + 20, i + 30, i + 40, new Guid(i, 0, 0, new byte[8]));
}
