using System.Text.Json;
using System.Text.Json.Serialization;

namespace RestBroker.Core.Groups;

/// <summary>A group's state as a record's value: a version byte, then JSON.</summary>
internal static class GroupStateFormat
{
    private const byte Version = 1;

    internal static byte[] Write(GroupState state)
    {
        using var bytes = new MemoryStream();
        bytes.WriteByte(Version);
        JsonSerializer.Serialize(bytes, state, GroupStateJson.Default.GroupState);
        return bytes.ToArray();
    }

    /// <exception cref="InvalidDataException">The value is of a version that this broker does not know.</exception>
    internal static GroupState Read(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value[0] != Version)
            throw new InvalidDataException($"A group's state has version {(value.IsEmpty ? "none" : value[0])}; this broker reads version {Version}.");
        return JsonSerializer.Deserialize(value[1..], GroupStateJson.Default.GroupState)
            ?? throw new InvalidDataException("A group's state is null.");
    }
}

/// <summary>Written without reflection. Members' names are ordinal: the state is sorted again when it is read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(GroupState))]
internal sealed partial class GroupStateJson : JsonSerializerContext;
