using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Topics;
using RestBroker.Storage;
using RestBroker.Storage.Catalog;
using RestBroker.Storage.Files;

namespace RestBroker.Tests.Storage;

public sealed class CatalogProjectionTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Database => Path.Combine(_directory.Path, "catalog.db");

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string, Action<string>> Damage => new()
    {
        { "missing", File.Delete },
        { "empty", path => File.WriteAllBytes(path, []) },
        { "zeroed", path => File.WriteAllBytes(path, new byte[new FileInfo(path).Length]) },
        { "cut", path => File.WriteAllBytes(path, File.ReadAllBytes(path)[..5000]) },
        { "foreign", path => File.WriteAllText(path, new string('x', 20_000)) },
        {
            "garbled", path =>
            {
                var bytes = File.ReadAllBytes(path);
                new Random(7).NextBytes(bytes.AsSpan(100));
                File.WriteAllBytes(path, bytes);
            }
        },
    };

    [Theory]
    [MemberData(nameof(Damage))]
    public async Task A_projection_that_is_damaged_is_made_again(string kind, Action<string> damage)
    {
        _ = kind;
        await using (var engine = await OpenAsync()) await CreateAsync(engine, "a.1", "a_x", "b");
        damage(Database);

        await using (var engine = await OpenAsync()) Assert.Equal("a.1 a_x b", await NamesAsync(engine, ""));
        await using (var engine = await OpenAsync()) Assert.Equal("a_x", await NamesAsync(engine, "a_"));
    }

    [Fact]
    public async Task A_projection_that_is_stale_catches_up()
    {
        await using (var engine = await OpenAsync()) await CreateAsync(engine, "a", "b");
        var old = await File.ReadAllBytesAsync(Database);
        await using (var engine = await OpenAsync())
        {
            await engine.DeleteTopicAsync("a", default);
            await CreateAsync(engine, "c");
        }

        await File.WriteAllBytesAsync(Database, old);

        await using (var engine = await OpenAsync()) Assert.Equal("b c", await NamesAsync(engine, ""));
    }

    [Fact]
    public async Task Where_the_projection_cannot_be_made_memory_answers()
    {
        Directory.CreateDirectory(Database);

        await using var engine = await OpenAsync();
        await CreateAsync(engine, "a", "b");

        Assert.Equal("a b", await NamesAsync(engine, ""));
    }

    [Fact]
    public void The_database_finds_names_by_prefix_and_in_ordinal_order()
    {
        var database = new CatalogDatabase(new PhysicalFileStore(), Database);
        var topics = ((string[])["b", "a_1", "aB1", "a.2", "Z", "__own"]).ToDictionary(name => name, Make);
        database.Apply(new CatalogSnapshot(topics, 6), isSure: false);
        topics.Remove("b");
        database.Apply(new CatalogSnapshot(topics, 7), isSure: true);

        Assert.Equal(["Z", "a.2", "aB1", "a_1"], database.Find(new TopicQuery("", null, 9, false)));
        Assert.Equal(["a_1"], database.Find(new TopicQuery("a_", null, 9, false)));
        Assert.Equal(["aB1", "a_1"], database.Find(new TopicQuery("a", "a.2", 1, false)));
        Assert.Equal(["__own"], database.Find(new TopicQuery("__", null, 9, true)));
        database.Close();

        static Topic Make(string name) => new(new StoredTopic(name, Guid.NewGuid(), 1, 1, new Dictionary<string, string>()).Describe(), []);
    }

    private Task<EmbeddedLogEngine> OpenAsync() => EmbeddedLogEngine.OpenAsync(
        new LogConfig { DataDirectory = _directory.Path }, TimeProvider.System, NullLoggerFactory.Instance, default);

    private static async Task CreateAsync(EmbeddedLogEngine engine, params string[] names)
    {
        foreach (var name in names) await engine.CreateTopicAsync(new TopicSpec(name, 1, null, new Dictionary<string, string>()), default);
    }

    private static async Task<string> NamesAsync(EmbeddedLogEngine engine, string prefix) =>
        string.Join(' ', (await engine.ListTopicsAsync(new TopicQuery(prefix, null, 100, false), default)).Topics.Select(topic => topic.Name));
}
