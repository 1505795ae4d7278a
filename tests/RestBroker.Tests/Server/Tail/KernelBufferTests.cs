using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Tests.Server.Tail;

/// <summary>What the kernel keeps for a client that reads nothing is memory of the broker's machine too.</summary>
public sealed class KernelBufferTests
{
    private const int ValueSize = 40_000;
    private const int Records = 100;

    [Fact]
    public async Task The_kernel_keeps_less_than_half_a_mebibyte_of_a_stream_that_its_client_does_not_read()
    {
        if (!OperatingSystem.IsLinux()) return; // where else is it told?
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        using var silent = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await silent.ConnectAsync(broker.Address.Host, broker.Address.Port);
        await silent.SendAsync(Encoding.ASCII.GetBytes($"GET /v1/topics/orders/events?from=earliest HTTP/1.1\r\nHost: {broker.Address.Authority}\r\n\r\n"));
        for (var i = 0; i < Records; i++) await broker.ProduceAsync("orders", 0, new string('.', ValueSize));

        var stalls = broker.Services.GetRequiredService<StreamClocks>().Stalls;
        var (kept, before) = (0L, -1L);
        await Eventually.IsTrueAsync(async () =>
        {
            before = kept;
            kept = await QueuedAsync(broker.Address.Port, ((IPEndPoint)silent.LocalEndPoint!).Port);
            return stalls.Count == 1 && kept > 0 && kept == before;
        });

        Assert.InRange(kept, 1, 512 * 1024);
    }

    // Bytes that the kernel has of one port for another, whichever address family the broker's socket is of.
    private static async Task<long> QueuedAsync(int from, int to)
    {
        foreach (var table in new[] { "/proc/net/tcp", "/proc/net/tcp6" })
        {
            foreach (var line in (await File.ReadAllLinesAsync(table)).Skip(1))
            {
                var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (Port(columns[1]) == from && Port(columns[2]) == to) return long.Parse(columns[4].Split(':')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }

    private static int Port(string address) => int.Parse(address.Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
