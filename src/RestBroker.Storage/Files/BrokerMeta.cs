using System.Text.Json;
using System.Text.Json.Serialization;

namespace RestBroker.Storage.Files;

/// <summary>What the data directory says of itself.</summary>
internal sealed record BrokerMeta(int Format, Guid ClusterId, int NodeId, IReadOnlyList<string> Features, int LeaderEpoch)
{
    public const int CurrentFormat = 1;
    private const int MaxSize = 64 * 1024;

    /// <summary>Null where there is none. A file that cannot be understood is an exception: nothing is touched.</summary>
    public static BrokerMeta? Read(IFileStore files, string path)
    {
        if (!files.Exists(path)) return null;
        BrokerMeta? meta;
        try
        {
            meta = JsonSerializer.Deserialize(files.ReadAll(path, MaxSize), BrokerMetaJson.Default.BrokerMeta);
        }
        catch (JsonException e)
        {
            throw new DataDirectoryException($"{path} is damaged: {e.Message} Restore it from a backup; nothing was changed.", e);
        }

        if (meta?.Format != CurrentFormat)
            throw new DataDirectoryException($"{path} says format {meta?.Format}, and this version of RestBroker reads format {CurrentFormat}. Start the version that wrote it; nothing was changed.");
        if (meta.Features is { Count: > 0 } features)
            throw new DataDirectoryException($"{path} needs the features {string.Join(", ", features)}, which this version of RestBroker has not got. Start the version that wrote it; nothing was changed.");
        return meta;
    }

    public void Write(IFileStore files, string path) =>
        files.Replace(path, JsonSerializer.SerializeToUtf8Bytes(this, BrokerMetaJson.Default.BrokerMeta));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(BrokerMeta))]
internal sealed partial class BrokerMetaJson : JsonSerializerContext;
