using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace RestBroker.CrashTests;

/// <summary>A TCP proxy on loopback whose connections a test can cut.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<Socket, bool> _sockets = new();
    private readonly Uri _target;
    private readonly Task _accepting;

    public CuttingProxy(Uri target)
    {
        _target = target;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>Cuts every connection, with a reset, as a lost network does.</summary>
    public void Cut()
    {
        foreach (var socket in _sockets.Keys)
        {
            if (!_sockets.TryRemove(socket, out _)) continue; // it ended by itself just now
            socket.Close(timeout: 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                _ = ForwardAsync(await _listener.AcceptSocketAsync(_end.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                return;
            }
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        _sockets[client] = _sockets[server] = true;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target.Port);
            await Task.WhenAny(CopyAsync(client, server), CopyAsync(server, client));
        }
        catch (SocketException)
        {
            // The broker is down: the client sees its connection end.
        }
        finally
        {
            Close(client);
            Close(server);
        }
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is var count and > 0) await to.SendAsync(buffer.AsMemory(0, count));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    // Whoever takes a socket out of the list closes it, so that none is closed under the other's hands.
    private void Close(Socket socket)
    {
        if (_sockets.TryRemove(socket, out _)) socket.Dispose();
    }
}
