using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Core.Groups;
using RestBroker.Core.Groups.Shared;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Tests.Groups;

/// <summary>A coordinator on an engine, with a clock that the test turns. <see cref="RestartAsync"/> is another coordinator on the same engine.</summary>
internal sealed class GroupBench
{
    internal const string Group = "g";
    internal const string Topic = "orders";

    private GroupBench(ILogEngine engine, GroupConfig config)
    {
        Engine = engine;
        Config = config;
        Catalog = NewCatalog();
        Coordinator = new GroupCoordinator(Catalog);
        Offsets = new GroupOffsets(Catalog);
        Shares = new ShareCoordinator(Catalog);
    }

    internal ILogEngine Engine { get; }

    internal MemoryLogEngine Memory => (MemoryLogEngine)Engine;

    internal GroupConfig Config { get; }

    internal FakeTimeProvider Time { get; } = new();

    internal GroupCatalog Catalog { get; private set; }

    internal GroupCoordinator Coordinator { get; private set; }

    internal GroupOffsets Offsets { get; private set; }

    internal ShareCoordinator Shares { get; private set; }

    /// <summary>With a topic and a group that reads it.</summary>
    internal static async Task<GroupBench> StartAsync(
        int partitionCount = 3, GroupSpec? spec = null, GroupConfig? config = null, ILogEngine? engine = null)
    {
        var bench = new GroupBench(engine ?? new MemoryLogEngine(), config ?? new GroupConfig());
        await bench.Catalog.StartAsync(default);
        await bench.CreateTopicAsync(Topic, partitionCount);
        await bench.Catalog.PutAsync(Group, spec ?? new GroupSpec([Topic]), default);
        return bench;
    }

    /// <summary>On an engine that knows the topic and the group already.</summary>
    internal static async Task<GroupBench> ReopenAsync(ILogEngine engine)
    {
        var bench = new GroupBench(engine, new GroupConfig());
        await bench.Catalog.StartAsync(default);
        return bench;
    }

    internal async Task RestartAsync()
    {
        Catalog = NewCatalog();
        await Catalog.StartAsync(default);
        Coordinator = new GroupCoordinator(Catalog);
        Offsets = new GroupOffsets(Catalog);
        Shares = new ShareCoordinator(Catalog);
    }

    internal async Task CreateTopicAsync(string topic, int partitionCount) =>
        await Engine.CreateTopicAsync(new TopicSpec(topic, partitionCount, null, new Dictionary<string, string>()), default);

    internal async Task ProduceAsync(int partition, int count, string topic = Topic)
    {
        using var builder = new RecordBatchBuilder();
        for (var i = 0; i < count; i++) builder.Append(Time.GetUtcNow().ToUnixTimeMilliseconds(), null, Encoding.UTF8.GetBytes("v"));
        await Engine.ProduceAsync(new ProduceRequest(new TopicPartition(topic, partition), builder.Build(), Acks.All), default);
    }

    /// <summary>Fetches with a valid lease, or joins.</summary>
    internal async Task<GroupSession> FetchAsync(string member, LeaseToken? lease = null)
    {
        var fetched = await Coordinator.FetchAsync(Group, member, lease, default);
        Assert.False(fetched.IsFenced, fetched.Fenced?.Detail);
        return fetched.Value;
    }

    internal async Task<Fenceable<IReadOnlyList<CommittedOffset>>> CommitAsync(LeaseToken lease, params (int Partition, long NextOffset)[] offsets) =>
        await Coordinator.CommitAsync(
            Group, lease, [.. offsets.Select(offset => new OffsetCommit(new TopicPartition(Topic, offset.Partition), offset.NextOffset))], default);

    internal static IReadOnlyList<int> Partitions(GroupSession session) => [.. session.Lease.Partitions.Select(partition => partition.Partition)];

    internal static long Position(GroupSession session, int partition) =>
        session.Positions.Single(position => position.Partition.Partition == partition).NextOffset;

    private GroupCatalog NewCatalog() => new(Engine, Config, Time, NullLogger<GroupCatalog>.Instance);
}
