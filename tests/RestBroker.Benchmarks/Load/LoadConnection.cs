using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RestBroker.Benchmarks.Load;

/// <summary>A connection that is kept alive, with one request in flight. Not thread-safe.</summary>
internal sealed class LoadConnection : IDisposable
{
    // A client that sends or reads megabytes without a pause would keep a core, in the kernel, for as long: nobody's doing but its own.
    private const int PieceSize = 64 * 1024;

    // Without the wait of a closed connection, ten thousand of them would soon have used up the ports.
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(true, 0) };
    private ReadOnlyMemory<byte> _unsent;

    public LoadConnection(EndPoint server, bool countsEvents = false)
    {
        Response = new ResponseReader { CountsEvents = countsEvents };
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
