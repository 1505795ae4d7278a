namespace RestBroker.Storage.Recovery;

/// <summary>A log's directory as the start has found it: looked into once, since there may be ten thousand.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Files">The full paths of its files.</param>
internal sealed record LogDirectory(string Path, IReadOnlyList<string> Files);
