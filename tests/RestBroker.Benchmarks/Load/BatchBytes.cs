using System.Text;
using RestBroker.Core.Records;

namespace RestBroker.Benchmarks.Load;

/// <summary>A whole record batch as a pipeline sends it.</summary>
internal static class BatchBytes
{
    public const string ContentType = "application/x-kafka-recordbatch";

    public static byte[] Of(int records)
    {
        using var builder = new RecordBatchBuilder(capacity: 256 * 1024);
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        for (var i = 0; i < records; i++) builder.Append(now, Encoding.ASCII.GetBytes(Bodies.Key(i)), Bodies.Value(i));
        return builder.Build().Bytes.ToArray();
    }
}
