using System.Buffers.Binary;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Batches;

/// <summary>
/// Cuts a stream of record batches (magic 2) into requests of whole batches. Looks at nothing but their lengths and counts: the broker
/// checks them. Not thread-safe.
/// </summary>
/// <param name="input">Batches, one behind the other.</param>
/// <param name="position">How many bytes of the whole lie before the stream's next.</param>
internal sealed class BatchChunks(Stream input, long position)
{
    // A request has room for more by default, and its answer has to be waited for: much larger chunks are not quicker.
    private const int MaxChunkBytes = 1024 * 1024;
    private const int MaxChunkRecords = 10_000;

    private const int HeaderSize = 61;
    private const int LengthPosition = 8;
    private const int LengthPrefixSize = 12;
    private const int CountPosition = 57;

    // What a log takes at once; more is no batch but something else in the file.
    private const int MaxBatchBytes = 80 * 1024 * 1024;

    private byte[] _buffer = new byte[MaxChunkBytes];
    private int _length;
    private int _taken;
    private bool _isEnded;

    /// <summary>Where in the whole the last chunk ends.</summary>
    public long Position { get; private set; } = position;

    /// <summary>The next batches, valid until the next call; empty at the end.</summary>
    /// <exception cref="CommandFailedException">The stream ends inside a batch, or is not batches.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        _buffer.AsSpan(_taken, _length - _taken).CopyTo(_buffer);
        (_length, _taken) = (_length - _taken, 0);
        var records = 0L;
        while (true)
        {
            var size = SizeAt(_taken);
            if (size is null || size > _length - _taken)
            {
                // A batch that would not fit beside the others is not waited for.
                if (_taken > 0 && (_isEnded || _taken + (size ?? HeaderSize) > MaxChunkBytes)) break;
                if (_isEnded && _length == _taken) break;
                if (_isEnded) throw new CommandFailedException($"the input ends inside the batch at byte {Position}");
                await FillAsync((int)(_taken + (size ?? HeaderSize)), cancellationToken);
                continue;
            }

            records += BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_taken + CountPosition));
            if (_taken > 0 && (_taken + size > MaxChunkBytes || records > MaxChunkRecords)) break;
            _taken += (int)size.Value;
        }

        Position += _taken;
        return _buffer.AsMemory(0, _taken);
    }

    // Null where the header is not there yet. What is no batch is told of when it is the first; those before it are sent.
    private long? SizeAt(int start)
    {
        if (_length - start < HeaderSize) return null;
        var size = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(start + LengthPosition)) + (long)LengthPrefixSize;
        if (size is >= HeaderSize and <= MaxBatchBytes) return size;
        if (start > 0) return int.MaxValue;
        throw new CommandFailedException($"what is at byte {Position} of the input is not a record batch: its length would be {size}");
    }

    private async ValueTask FillAsync(int wanted, CancellationToken cancellationToken)
    {
        if (wanted > _buffer.Length) Array.Resize(ref _buffer, wanted);
        var count = await input.ReadAsync(_buffer.AsMemory(_length), cancellationToken);
        _length += count;
        _isEnded = count == 0;
    }
}
