using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;

namespace RestBroker.Tests.Architecture;

/// <summary>Finds the metadata tokens in the body of a method.</summary>
internal static class IntermediateLanguage
{
    private const byte TwoBytePrefix = 0xFE;

    private static readonly Dictionary<short, OpCode> OpCodes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    public static IEnumerable<int> TokensOf(ImmutableArray<byte> body)
    {
        for (var position = 0; position < body.Length;)
        {
            var isLong = body[position] == TwoBytePrefix;
            var code = OpCodes[isLong ? unchecked((short)((TwoBytePrefix << 8) | body[position + 1])) : body[position]];
            position += code.Size;
            if (code.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
                yield return Number(body, position);
            position += SizeOfOperand(code.OperandType, body, position);
        }
    }

    private static int SizeOfOperand(OperandType type, ImmutableArray<byte> body, int position) => type switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * Number(body, position)),
        _ => 4,
    };

    private static int Number(ImmutableArray<byte> body, int position) => BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan()[position..]);
}
