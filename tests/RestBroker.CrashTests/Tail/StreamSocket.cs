using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RestBroker.CrashTests.Tail;

/// <summary>A connection that has asked for a stream, by HTTP/1.0: what comes is the stream itself, in no frames.</summary>
internal static class StreamSocket
{
    public static async Task<Socket> OpenAsync(Uri stream, string? lastEventId = null, int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size) socket.ReceiveBufferSize = size;
        await socket.ConnectAsync(IPAddress.Loopback, stream.Port);
        var resume = lastEventId is null ? "" : $"Last-Event-ID: {lastEventId}\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {stream.PathAndQuery} HTTP/1.0\r\nHost: {stream.Authority}\r\n{resume}\r\n"));
        return socket;
    }
}
