using System.Text;

namespace RestBroker.Benchmarks.Load;

/// <summary>The records that are sent: a key of 16 bytes, a value of 1 KiB that looks like text and does not compress to nothing.</summary>
internal static class Bodies
{
    public const int ValueSize = 1024;

    /// <summary>A value's bytes, letters and digits.</summary>
    public static byte[] Value(int seed, int size = ValueSize)
    {
        var random = new Random(seed);
        var bytes = new byte[size];
        for (var i = 0; i < size; i++) bytes[i] = "abcdefghijklmnopqrstuvwxyz0123456789"u8[random.Next(36)];
        return bytes;
    }

    public static string Key(int i) => $"key-{i:D12}";

    /// <summary>A JSON request of some records whose values are strings.</summary>
    public static byte[] Json(int records, int valueSize = ValueSize) => Envelope(records, i => $"{{\"key\":\"{Key(i)}\",\"value\":\"{Text(i, valueSize)}\"}}");

    /// <summary>A JSON request of some records whose values are objects of ten members, about as large.</summary>
    public static byte[] JsonObjects(int records) => Envelope(records, i => $"{{\"key\":\"{Key(i)}\",\"value\":{ObjectOf(i)}}}");

    /// <summary>The same records, one a line.</summary>
    public static byte[] Ndjson(int records) =>
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, records).Select(i => $"{{\"key\":\"{Key(i)}\",\"value\":\"{Text(i, ValueSize)}\"}}\n")));

    private static byte[] Envelope(int records, Func<int, string> record) =>
        Encoding.ASCII.GetBytes($"{{\"records\":[{string.Join(',', Enumerable.Range(0, records).Select(record))}]}}");

    private static string Text(int i, int size) => Encoding.ASCII.GetString(Value(i, size));

    private static string ObjectOf(int i) =>
        $"{{{string.Join(',', Enumerable.Range(0, 10).Select(member => $"\"member{member}\":\"{Text((i * 10) + member, 86)}\""))}}}";
}
