using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Server.Composition;

namespace RestBroker.Tests.Server;

/// <summary>The memory through which Kestrel receives and sends.</summary>
public sealed class SocketBlocksTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly SocketBlocks _blocks;

    public SocketBlocksTests() => _blocks = new SocketBlocks(_time);

    public void Dispose() => _blocks.Dispose();

    [Fact]
    public async Task Kestrel_takes_its_memory_here()
    {
        await using var broker = TestBroker.Start();
        await broker.GetAsync("/v1/topics");

        var blocks = Assert.IsType<SocketBlocks>(broker.Services.GetRequiredService<IMemoryPoolFactory<byte>>());
        await Eventually.IsTrueAsync(() => Task.FromResult(blocks.Rent().Memory.Span.IndexOf("HTTP/1.1 200 OK"u8) >= 0));
    }

    [Fact]
    public void A_block_that_came_back_is_handed_out_again()
    {
        var first = _blocks.Rent();
        var memory = first.Memory;
        first.Dispose();

        Assert.Equal(memory, _blocks.Rent(SocketBlocks.BlockSize).Memory);
        Assert.Equal(SocketBlocks.BlockSize, memory.Length);
    }

    [Fact]
    public void No_block_is_handed_out_twice_at_once()
    {
        Parallel.For(0, 10_000, _ =>
        {
            using var block = _blocks.Rent();
            block.Memory.Span[0] = 1;
            Thread.Yield();
            Assert.Equal(1, block.Memory.Span[0]);
            block.Memory.Span[0] = 0;
        });
    }

    [Fact]
    public void More_than_a_block_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _blocks.Rent(SocketBlocks.BlockSize + 1));

    [Fact]
    public void What_nobody_needed_for_a_while_is_let_go()
    {
        var burst = Burst(1_000);
        _time.Advance(SocketBlocks.KeepTime);
        for (var i = 0; i < 1_000; i++) Burst(10);
        _time.Advance(SocketBlocks.KeepTime);

        Assert.Equal(10, Burst(1_000).Count(burst.Contains));
    }

    [Fact]
    public void What_is_needed_again_and_again_is_kept()
    {
        var burst = Burst(1_000);
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(SocketBlocks.KeepTime);
            Assert.Equal(1_000, Burst(1_000).Count(burst.Contains));
        }
    }

    [Fact]
    public void Blocks_come_back_and_go_out_where_somebody_has_disposed_of_the_pool()
    {
        var before = _blocks.Rent();
        _blocks.Dispose();
        before.Dispose();

        Assert.Equal(before.Memory, _blocks.Rent().Memory);
    }

    // So many at once, which all come back.
    private HashSet<Memory<byte>> Burst(int count)
    {
        List<IMemoryOwner<byte>> blocks = [.. Enumerable.Range(0, count).Select(_ => _blocks.Rent())];
        foreach (var block in blocks) block.Dispose();
        return [.. blocks.Select(block => block.Memory)];
    }
}
