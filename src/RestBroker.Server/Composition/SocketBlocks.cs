using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace RestBroker.Server.Composition;

/// <summary>
/// The memory through which Kestrel receives and sends. It receives a block a call and lets nobody through between two calls: in blocks of
/// its own, of 4 KiB, a body of 7 MB was more than a thousand calls and kept its core for milliseconds. These are larger. A connection has
/// blocks only while bytes wait in them. One pool for all, which lives as long as the process. Thread-safe.
/// </summary>
internal sealed class SocketBlocks : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    /// <summary>A block's size in bytes. Four times that won nothing more.</summary>
    public const int BlockSize = 16 * 1024;

    /// <summary>Blocks that nobody needed for so long are let go.</summary>
    public static readonly TimeSpan KeepTime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<Block> _kept = new();
    private readonly ITimer _timer;
    private int _keptCount; // never less than are in the queue
    private int _leastKept; // since the last look; about right, as two may write it at once

    public SocketBlocks(TimeProvider time) => _timer = time.CreateTimer(_ => LetGo(), null, KeepTime, KeepTime);

    public override int MaxBufferSize => BlockSize;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        if (TryTake() is { } block) return block;
        _leastKept = 0;
        return new Block(this);
    }

    // Whoever asked for the pool may dispose of it while others still return what they have; the collector takes the blocks with the pool.
    protected override void Dispose(bool disposing) => _timer.Dispose();

    private void Return(Block block)
    {
        Interlocked.Increment(ref _keptCount);
        _kept.Enqueue(block);
    }

    private Block? TryTake()
    {
        if (!_kept.TryDequeue(out var block)) return null;
        var left = Interlocked.Decrement(ref _keptCount);
        if (left < _leastKept) _leastKept = left;
        return block;
    }

    private void LetGo()
    {
        for (var unneeded = _leastKept; unneeded > 0 && TryTake() is not null;) unneeded--;
        _leastKept = _keptCount;
    }

    // Pinned for good, as it would be for each call otherwise.
    private sealed class Block(SocketBlocks pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } =
            MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true), 0, BlockSize);

        public void Dispose() => pool.Return(this);
    }
}
