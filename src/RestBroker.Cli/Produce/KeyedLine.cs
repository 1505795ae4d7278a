namespace RestBroker.Cli.Produce;

/// <summary>A line cut into the key and the value of a record; spans of the line itself.</summary>
internal readonly ref struct KeyedLine(ReadOnlySpan<byte> key, bool hasKey, ReadOnlySpan<byte> value)
{
    public ReadOnlySpan<byte> Key { get; } = key;

    /// <summary>An empty key is a key; this tells it from none.</summary>
    public bool HasKey { get; } = hasKey;

    public ReadOnlySpan<byte> Value { get; } = value;
}
