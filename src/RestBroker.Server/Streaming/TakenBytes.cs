using System.Net.Sockets;

namespace RestBroker.Server.Streaming;

/// <summary>
/// How much of what was sent a client has taken, as the kernel knows by its acknowledgements: so a slow client is told from one that takes
/// nothing, however much is on its way to it. Only Linux tells (since 4.1).
/// </summary>
internal static class TakenBytes
{
    private const int Tcp = 6;
    private const int Information = 11; // TCP_INFO
    private const int Position = 120; // tcpi_bytes_acked, in the processor's byte order
    private const int Size = Position + sizeof(long);

    /// <summary>Bytes since the connection began; null where nobody tells, or no more.</summary>
    public static long? Of(Socket socket)
    {
        if (!OperatingSystem.IsLinux()) return null;
        Span<byte> told = stackalloc byte[Size];
        try
        {
            if (socket.GetRawSocketOption(Tcp, Information, told) < Size) return null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null; // it is closed, or no TCP
        }

        return BitConverter.ToInt64(told[Position..]);
    }
}
