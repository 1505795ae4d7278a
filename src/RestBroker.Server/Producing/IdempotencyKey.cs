using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Producers;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Producing;

/// <summary>The header <c>Idempotency-Key</c>: a name that a client gives to a request, so that sending it again stores nothing twice.</summary>
/// <param name="Text">The name, without quotes.</param>
internal readonly record struct IdempotencyKey(string Text)
{
    /// <summary>The header's name.</summary>
    public const string HeaderName = "Idempotency-Key";

    private const int MaxLength = 255;

    /// <summary>The key of a request, quoted or bare; null where it has none.</summary>
    /// <exception cref="BrokerException">InvalidRequest, NotSupportedByEngine, InvalidRange.</exception>
    public static IdempotencyKey? Of(HttpRequest request, ILogEngine engine, Acks acks)
    {
        var given = request.Headers[HeaderName];
        if (given.Count == 0) return null;
        // Joined they would be a name that nobody gave, and a retry with one of them would store again.
        if (given.Count > 1) throw new BrokerException(BrokerError.InvalidRequest, $"{HeaderName} is given {given.Count} times; a request has one name.");
        var text = given.ToString().Trim(' ', '\t');
        if (text.StartsWith('"')) text = Unquote(text);
        if (text.Length is 0 or > MaxLength || text.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new BrokerException(BrokerError.InvalidRequest, $"{HeaderName} has 1 to {MaxLength} visible ASCII characters, in quotes or not.");
        RequireProducerState(engine, acks, HeaderName);
        return new IdempotencyKey(text);
    }

    /// <exception cref="BrokerException">NotSupportedByEngine; InvalidRange for <c>acks=none</c>.</exception>
    public static void RequireProducerState(ILogEngine engine, Acks acks, string header)
    {
        if (!engine.Features.HasFlag(EngineFeatures.ProducerState))
            throw new BrokerException(BrokerError.NotSupportedByEngine, $"This engine remembers no producers: {header} would go unheard. Leave it out, and know that a retry can then store twice.");
        if (acks == Acks.None)
            throw new BrokerException(BrokerError.InvalidRange, $"acks=none tells nobody whether a retry is needed. With {header} use acks=all or acks=leader.");
    }

    /// <summary>The producer id that stands for the key in a topic: 2^62 and 62 bits of SHA-256 over the topic's id and the key.</summary>
    public long ProducerIdIn(TopicDescription topic)
    {
        Span<byte> bytes = stackalloc byte[16 + MaxLength];
        topic.TopicId.TryWriteBytes(bytes, bigEndian: true, out _);
        var length = 16 + Encoding.ASCII.GetBytes(Text, bytes[16..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..length], hash);
        return ProducerIds.FirstOfKeys | (BinaryPrimitives.ReadInt64BigEndian(hash) & (ProducerIds.FirstOfKeys - 1));
    }

    // A string of RFC 8941: only the quote and the backslash are escaped.
    private static string Unquote(string quoted)
    {
        var text = new StringBuilder(quoted.Length);
        for (var i = 1; i < quoted.Length; i++)
        {
            if (quoted[i] == '"') return i == quoted.Length - 1 ? text.ToString() : "";
            if (quoted[i] == '\\' && ++i < quoted.Length && quoted[i] is not ('"' or '\\')) return "";
            if (i < quoted.Length) text.Append(quoted[i]);
        }

        return "";
    }
}
