using System.Buffers;
using System.Text.Json;

namespace RestBroker.Cli.Bench;

internal sealed record BenchPlan(string Topic, int Records, int Size, int Connections, int Batch)
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    /// <summary>A request with values of random letters, so that no compression flatters the result.</summary>
    public ReadOnlyMemory<byte> CreateBody(int count)
    {
        var body = new ArrayBufferWriter<byte>(count * (Size + 16));
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteStartArray("records"u8);
        for (var record = 0; record < count; record++)
        {
            json.WriteStartObject();
            json.WriteString("text"u8, Random.Shared.GetItems<char>(Letters, Size));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }
}
