using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestBroker.CrashTests.Live;

/// <summary>
/// A network that loses answers, doubles requests and delivers some late, long after their client has been answered and has gone on. For
/// requests with a Content-Length and <c>Connection: close</c>.
/// </summary>
internal sealed class UnreliableProxy : IAsyncDisposable
{
    private const int MaxLate = 50;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<byte[]> _late = new();
    private readonly ConcurrentDictionary<Task, bool> _running = new();
    private readonly BrokerProcess _broker;
    private readonly Random _random;
    private readonly Task _accepting;
    private int _faults;

    public UnreliableProxy(BrokerProcess broker, int seed)
    {
        (_broker, _random) = (broker, new Random(seed));
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>How many answers were lost and requests doubled or delivered late.</summary>
    public int Faults => _faults;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_running.Keys);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptSocketAsync(_end.Token);
                var serving = ServeAsync(client);
                _running[serving] = true;
                _ = serving.ContinueWith(done => _running.TryRemove(done, out _), TaskScheduler.Default);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        {
            try
            {
                var request = await ReadRequestAsync(client);
                var fate = Draw(10);
                if (fate < 5) Interlocked.Increment(ref _faults);
                if (fate == 0 && _late.Count < MaxLate) _late.Enqueue(request);
                if (fate == 1 && _late.TryDequeue(out var old)) await AskAsync(old);
                if (fate == 2) await Task.WhenAll(AskAsync(request), AskAsync(request));
                var answer = await AskAsync(request);
                if (fate == 4) client.LingerState = new LingerOption(true, 0); // closed like this, the connection is reset: the answer is lost
                else if (fate != 3) await client.SendAsync(answer);
                else await client.SendAsync(answer.AsMemory(0, Draw(answer.Length))); // a part of it arrives
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // The broker is down, or the client gone: the connection ends.
            }
        }
    }

    private async Task<byte[]> AskAsync(byte[] request)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await server.ConnectAsync(IPAddress.Loopback, _broker.Address.Port);
        await server.SendAsync(request);
        using var answer = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await server.ReceiveAsync(buffer) is var count and > 0) answer.Write(buffer.AsSpan(0, count));
        return answer.ToArray();
    }

    private static async Task<byte[]> ReadRequestAsync(Socket client)
    {
        using var request = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var count = await client.ReceiveAsync(buffer);
            if (count == 0) throw new IOException("The client went away.");
            request.Write(buffer.AsSpan(0, count));
            var text = Encoding.Latin1.GetString(request.GetBuffer(), 0, (int)request.Length);
            var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head >= 0 && text.Length >= head + 4 + BodyLength(text[..head])) return request.ToArray();
        }
    }

    private static int BodyLength(string head)
    {
        const string Name = "Content-Length: ";
        var at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? 0 : int.Parse(head[(at + Name.Length)..].Split('\r')[0], CultureInfo.InvariantCulture);
    }

    private int Draw(int below)
    {
        lock (_random) return _random.Next(below);
    }
}
