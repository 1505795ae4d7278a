using System.Globalization;
using RestBroker.Cli.Client;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Produce;

/// <summary>The whole input as one value of bytes.</summary>
internal static class RawValue
{
    private const int MaxBytes = 128 * 1024 * 1024;

    public static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream input, CancellationToken cancellationToken)
    {
        using var value = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await input.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            if (value.Length + count > MaxBytes) throw new CommandFailedException($"the input is larger than {MaxBytes / 1024 / 1024} MiB: too much for one value.");
            value.Write(buffer, 0, count);
        }
        return value.GetBuffer().AsMemory(0, (int)value.Length);
    }

    public static BrokerRequest ToRequest(ProduceRequest produce, ReadOnlyMemory<byte> value)
    {
        var query = new QueryString();
        query.Add("key", produce.Key);
        query.Add("partition", produce.Partition?.ToString(CultureInfo.InvariantCulture));
        var request = new BrokerRequest(HttpMethod.Post, $"v1/topics/{ResourceName.Escape(produce.Topic)}/raw{query}")
        {
            Body = value,
            ContentType = "application/octet-stream",
        };
        foreach (var (name, text) in produce.Headers) request = request.WithHeader($"RB-Header-{name}", text);
        return request;
    }
}
