using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace RestBroker.Core.Groups.Shared;

/// <summary>
/// What a member shows to say something of a record: <c>incarnation.partition.offset.hold</c>. The hold is random and of one delivery, so
/// that a receipt of an earlier delivery, or a made up one, fits nothing.
/// </summary>
/// <param name="Incarnation">Of the record's topic.</param>
/// <param name="Partition">The record's partition.</param>
/// <param name="Offset">The record's offset.</param>
/// <param name="HoldId">See <see cref="ShareHold"/>.</param>
internal readonly record struct ShareReceipt(string Incarnation, int Partition, long Offset, long HoldId)
{
    private const int MaxLength = 64;

    internal static long NewHoldId() => BinaryPrimitives.ReadInt64BigEndian(RandomNumberGenerator.GetBytes(sizeof(long)));

    internal static bool TryParse([NotNullWhen(true)] string? text, out ShareReceipt receipt)
    {
        receipt = default;
        if (text is null || text.Length > MaxLength || text.Split('.') is not [{ Length: Topics.Incarnation.Length } incarnation, var partition, var offset, var hold])
            return false;
        if (!int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var partitionNumber)
            || !long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var offsetNumber)
            || !long.TryParse(hold, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var holdId)) return false;
        receipt = new ShareReceipt(incarnation, partitionNumber, offsetNumber, holdId);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Incarnation}.{Partition}.{Offset}.{HoldId:x16}");
}
