using RestBroker.Core.Engine;

namespace RestBroker.Tests.Contract;

/// <summary>What every engine must do with the offsets of groups.</summary>
public abstract class OffsetContract<TEngine> : EngineContract<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task Committed_offsets_are_kept_until_they_are_deleted()
    {
        var topic = await CreateAsync("orders", 2);
        CommittedOffset first = new(new("orders", 0), topic.TopicId, 5), second = new(new("orders", 1), topic.TopicId, 7);

        await Engine.CommitOffsetsAsync("billing", [first, second], default);
        await Engine.CommitOffsetsAsync("billing", [first with { NextOffset = 6 }], default);
        await Engine.CommitOffsetsAsync("other", [first], default);

        Assert.Equal([first with { NextOffset = 6 }, second], await Engine.FetchCommittedOffsetsAsync("billing", default));
        await Engine.DeleteCommittedOffsetsAsync("billing", default);
        Assert.Empty(await Engine.FetchCommittedOffsetsAsync("billing", default));
        Assert.Equal([first], await Engine.FetchCommittedOffsetsAsync("other", default));
    }
}
