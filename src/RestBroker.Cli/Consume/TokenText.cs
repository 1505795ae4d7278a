using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace RestBroker.Cli.Consume;

/// <summary>From a token of the answer to the bytes that the producer sent. Keeps its memory: one per printer.</summary>
internal sealed class TokenText
{
    private readonly ArrayBufferWriter<byte> _text = new();

    /// <summary>Valid until the next call.</summary>
    public ReadOnlySpan<byte> Decode(Token token)
    {
        if (token.Kind == TokenKind.Json) return token.Json.Span;
        var text = Unescape(token.Json.Span);
        return token.Kind == TokenKind.Text ? text : DecodeBase64(text);
    }

    private ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> quoted)
    {
        var text = quoted[1..^1];
        if (!text.Contains((byte)'\\')) return text;
        var json = new Utf8JsonReader(quoted);
        json.Read();
        _text.ResetWrittenCount();
        _text.Advance(json.CopyString(_text.GetSpan(text.Length)));
        return _text.WrittenSpan;
    }

    private static ReadOnlySpan<byte> DecodeBase64(ReadOnlySpan<byte> text)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        var status = Base64.DecodeFromUtf8(text, bytes, out _, out var length);
        return status == OperationStatus.Done ? bytes.AsSpan(0, length) : throw new FormatException("bad base64 in the answer");
    }
}
