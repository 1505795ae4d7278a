using System.Buffers.Text;
using System.Net.Sockets;

namespace RestBroker.CrashTests.Tail;

/// <summary>
/// Thousands of readers of a topic's end in one process, on bare sockets: each checks that every offset follows the one before, and all
/// note how old a record is when it comes.
/// </summary>
internal sealed class TailCrowd : IDisposable
{
    private const int MaxMilliseconds = 60_000;

    private readonly List<Reader> _readers = [];
    private readonly long[] _ages = new long[MaxMilliseconds + 1];

    public int Count => _readers.Count;

    /// <summary>Records that came, to all readers together.</summary>
    public long Seen => _readers.Sum(reader => reader.Seen);

    /// <summary>Readers that lost or repeated something, or lost their connection.</summary>
    public int Faulty => _readers.Count(reader => reader.IsFaulty);

    public static async Task<TailCrowd> OpenAsync(Uri stream, int count)
    {
        var crowd = new TailCrowd();
        for (var i = 0; i < count; i++)
        {
            var reader = new Reader(crowd, await StreamSocket.OpenAsync(stream));
            crowd._readers.Add(reader);
            _ = reader.RunAsync();
        }

        await UntilAsync(() => crowd._readers.TrueForAll(reader => reader.IsUpToDate), TimeSpan.FromMinutes(2));
        return crowd;
    }

    /// <summary>Returns when every reader has got so many records.</summary>
    public Task SeenAsync(int count, TimeSpan patience) => UntilAsync(() => _readers.TrueForAll(reader => reader.Seen >= count || reader.IsFaulty), patience);

    /// <summary>The age that a share of the records did not exceed, in ms, since the last time this was asked.</summary>
    public (int Median, int P99) TakeAges()
    {
        var ages = _ages.Select((_, i) => Interlocked.Exchange(ref _ages[i], 0)).ToArray();
        return (At(ages, 0.50), At(ages, 0.99));
    }

    public void Dispose()
    {
        foreach (var reader in _readers) reader.Dispose();
    }

    private static int At(long[] ages, double share)
    {
        var left = (long)Math.Ceiling(ages.Sum() * share);
        for (var age = 0; age < ages.Length; age++)
        {
            if ((left -= ages[age]) <= 0) return age;
        }

        return ages.Length;
    }

    private static async Task UntilAsync(Func<bool> condition, TimeSpan patience)
    {
        using var end = new CancellationTokenSource(patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!condition()) await look.WaitForNextTickAsync(end.Token);
    }

    private sealed class Reader(TailCrowd crowd, Socket socket) : IDisposable
    {
        private readonly byte[] _buffer = new byte[4096];
        private long _expected = -1;
        private long _seen;
        private volatile bool _isFaulty, _isUpToDate, _isDisposed;

        public long Seen => Volatile.Read(ref _seen);

        public bool IsFaulty => _isFaulty;

        public bool IsUpToDate => _isUpToDate;

        public async Task RunAsync()
        {
            var kept = 0;
            try
            {
                while (await socket.ReceiveAsync(_buffer.AsMemory(kept)) is var count and > 0) kept = Take(kept + count);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It is over, or was cut: then it is faulty.
            }

            _isFaulty |= !_isDisposed;
        }

        public void Dispose()
        {
            _isDisposed = true;
            socket.Dispose();
        }

        // Whole lines; what is left of the last one is kept, and of a long one its beginning, where everything stands that is looked at.
        private int Take(int count)
        {
            var text = _buffer.AsSpan(0, count);
            while (text.IndexOf((byte)'\n') is var end and >= 0)
            {
                Look(text[..end]);
                text = text[(end + 1)..];
            }

            if (text.Length > _buffer.Length / 2) text = text[..(_buffer.Length / 2)];
            text.CopyTo(_buffer);
            return text.Length;
        }

        private void Look(ReadOnlySpan<byte> line)
        {
            if (line.SequenceEqual("event: up-to-date"u8)) _isUpToDate = true;
            if (line.IndexOf("\"offset\":"u8) is not (var at and >= 0) || !line.StartsWith("data: "u8)) return;
            var isRecord = Utf8Parser.TryParse(line[(at + 9)..], out long offset, out var digits);
            isRecord &= Utf8Parser.TryParse(line[(at + 9 + digits + 13)..], out long timestamp, out _);
            if (!isRecord || (_expected >= 0 && offset != _expected)) _isFaulty = true;
            _expected = offset + 1;
            Volatile.Write(ref _seen, _seen + 1);
            var age = Math.Clamp(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - timestamp, 0, MaxMilliseconds);
            Interlocked.Increment(ref crowd._ages[age]);
        }
    }
}
