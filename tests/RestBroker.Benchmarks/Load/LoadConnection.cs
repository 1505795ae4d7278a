using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RestBroker.Benchmarks.Load;

/// <summary>A connection that is kept alive, with one request in flight. Not thread-safe.</summary>
internal sealed class LoadConnection : IDisposable
{
    // A client that sends or reads megabytes without a pause would keep a core, in the kernel, for as long: nobody's doing but its own.
    private const int PieceSize = 64 * 1024;
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int MaxPacingRate = 47; // SO_MAX_PACING_RATE

    // Without the wait of a closed connection, ten thousand of them would soon have used up the ports.
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(true, 0) };
    private ReadOnlyMemory<byte> _unsent;

    /// <param name="server">Where to.</param>
    /// <param name="countsEvents">Whether the answer is a stream of events.</param>
    /// <param name="bytesPerSecond">The speed of the line that the kernel sends by; null = of this machine's memory.</param>
    public LoadConnection(EndPoint server, bool countsEvents = false, int? bytesPerSecond = null)
    {
        Response = new ResponseReader { CountsEvents = countsEvents };
        if (bytesPerSecond is { } pace) _socket.SetRawSocketOption(SocketLevel, MaxPacingRate, BitConverter.GetBytes(pace));
        _socket.Connect(server);
        _socket.Blocking = false;
    }

    public PollEntry Entry => new(_socket);

    public ResponseReader Response { get; }

    /// <summary>When the request in flight was sent, by <see cref="Stopwatch"/>.</summary>
    public long SentAt { get; private set; }

    /// <summary>Whether a request waits for its answer.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Whether a part of the request has not been taken by the socket yet.</summary>
    public bool HasUnsent => !_unsent.IsEmpty;

    public void Send(ReadOnlyMemory<byte> request)
    {
        (SentAt, IsBusy, _unsent) = (Stopwatch.GetTimestamp(), true, request);
        GoOnSending();
    }

    public void GoOnSending()
    {
        while (!_unsent.IsEmpty)
        {
            var sent = _socket.Send(_unsent.Span[..Math.Min(_unsent.Length, PieceSize)], SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock) return;
            if (error != SocketError.Success) throw new SocketException((int)error);
            _unsent = _unsent[sent..];
            if (!_unsent.IsEmpty) Thread.Yield();
        }
    }

    /// <summary>Takes what has come; true once the answer is whole.</summary>
    public bool Receive(Span<byte> buffer)
    {
        while (true)
        {
            var received = _socket.Receive(buffer, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock) return false;
            if (error != SocketError.Success) throw new SocketException((int)error);
            if (received == 0) throw new EndOfStreamException("The server closed the connection.");
            if (Response.Read(buffer[..received], out _))
            {
                IsBusy = false;
                return true;
            }

            if (received < buffer.Length) return false;
            Thread.Yield();
        }
    }

    public void Dispose() => _socket.Dispose();
}
