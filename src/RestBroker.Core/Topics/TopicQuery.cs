namespace RestBroker.Core.Topics;

/// <summary>A question for a page of topics in the order of their names (ordinal).</summary>
/// <param name="Prefix">Only names that begin so; empty = all.</param>
/// <param name="After">Only names that follow this one; null = from the first.</param>
/// <param name="Limit">At most this many, from 1.</param>
/// <param name="IncludeInternal">Whether the broker's own topics are listed.</param>
public sealed record TopicQuery(string Prefix, string? After, int Limit, bool IncludeInternal);

/// <summary>A page of topics.</summary>
/// <param name="Topics">In the order of their names.</param>
/// <param name="HasMore">Whether names follow the last one.</param>
public sealed record TopicPage(IReadOnlyList<TopicDescription> Topics, bool HasMore);
