using System.Buffers.Binary;
using System.Security.Cryptography;

namespace RestBroker.Core.Topics;

/// <summary>
/// The short form of a topic id: eight characters [0-9a-z], the first 41 bits or so of SHA-256 over the id's sixteen bytes in
/// big-endian order. It tells a topic from the one that bore its name before; it identifies nothing on its own.
/// </summary>
public static class Incarnation
{
    /// <summary>Its length in characters.</summary>
    public const int Length = 8;

    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    /// <summary>The incarnation of a topic id.</summary>
    public static string Of(Guid topicId)
    {
        Span<byte> id = stackalloc byte[16];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        topicId.TryWriteBytes(id, bigEndian: true, out _);
        SHA256.HashData(id, hash);
        var rest = BinaryPrimitives.ReadUInt64BigEndian(hash);
        return string.Create(Length, rest, static (text, number) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = Digits[(int)(number % 36)];
                number /= 36;
            }
        });
    }
}
