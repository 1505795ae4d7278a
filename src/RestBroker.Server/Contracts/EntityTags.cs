using System.Globalization;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Contracts;

/// <summary>ETags of the API's resources and the preconditions made of them (RFC 9110, section 13).</summary>
internal static class EntityTags
{
    public static string Of(TopicDescription topic) => Quote($"{topic.Incarnation}-{Text(topic.Version)}");

    public static string Of(GroupDescription group) => Quote(Text(group.Epoch));

    public static string OfPartition(string incarnation, long nextOffset) => Quote($"{incarnation}-{Text(nextOffset)}");

    public static string OfRecord(string incarnation, int partition, long offset) =>
        Quote($"{incarnation}-{Text(partition)}-{Text(offset)}");

    /// <summary>Of a page of one partition.</summary>
    public static string OfPage(string incarnation, long first, long last, long count) =>
        Quote($"{incarnation}-{Text(first)}-{Text(last)}-{Text(count)}");

    /// <summary>Of a page of one partition as record batches; the fingerprint is of their checksums.</summary>
    public static string OfBatches(string incarnation, long first, long next, ulong fingerprint) =>
        Quote($"{incarnation}-{Text(first)}-{Text(next)}-{fingerprint.ToString("x16", CultureInfo.InvariantCulture)}");

    /// <summary>Whether If-Match holds: <c>*</c>, or a strong tag that is equal.</summary>
    public static bool IsMatch(StringValues ifMatch, string current) =>
        Tags(ifMatch, HeaderNames.IfMatch).Any(tag => tag.Tag == "*" || (!tag.IsWeak && tag.Tag == current));

    /// <summary>Whether If-None-Match names the current tag, weakly compared.</summary>
    public static bool IsNoneMatch(StringValues ifNoneMatch, string current) =>
        ifNoneMatch.Count > 0 && Tags(ifNoneMatch, HeaderNames.IfNoneMatch).Any(tag => tag.Tag == "*" || tag.Tag == current);

    /// <summary>The log end that an If-Match on a partition expects, if it is of this incarnation; null for <c>*</c>.</summary>
    /// <exception cref="BrokerException">PreconditionFailed for another incarnation or a tag that is not a partition's.</exception>
    public static long? ExpectedNextOffset(StringValues ifMatch, TopicDescription topic)
    {
        var tags = Tags(ifMatch, HeaderNames.IfMatch);
        if (tags is [{ Tag.Value: "*" }]) return null;
        var prefix = $"\"{topic.Incarnation}-";
        if (tags is [{ IsWeak: false } tag] && tag.Tag.StartsWith(prefix, StringComparison.Ordinal)
            && long.TryParse(tag.Tag.AsSpan()[prefix.Length..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
            return offset;
        throw new BrokerException(
            BrokerError.PreconditionFailed, $"If-Match {ifMatch} is not the ETag of this partition: \"{topic.Incarnation}-<nextOffset>\" is its form.");
    }

    /// <summary>What If-Match and If-None-Match ask of a key whose value is a record of this partition; null where they ask nothing.</summary>
    /// <exception cref="BrokerException">InvalidRequest: both, or If-None-Match with a tag.</exception>
    public static KeyCondition? OfKey(IHeaderDictionary headers, TopicDescription topic, int partition)
    {
        if (headers.IfNoneMatch.Count > 0)
        {
            if (headers.IfMatch.Count > 0) throw new BrokerException(BrokerError.InvalidRequest, "Give If-Match or If-None-Match, not both.");
            if (Tags(headers.IfNoneMatch, HeaderNames.IfNoneMatch) is [{ Tag.Value: "*" }]) return KeyCondition.Absent;
            throw new BrokerException(BrokerError.InvalidRequest, "If-None-Match takes * here: store only if the key has no value.");
        }

        if (headers.IfMatch.Count == 0) return null;
        var tags = Tags(headers.IfMatch, HeaderNames.IfMatch);
        if (tags is [{ Tag.Value: "*" }]) return KeyCondition.Present;
        var prefix = $"\"{topic.Incarnation}-{Text(partition)}-";
        return tags is [{ IsWeak: false } tag] && tag.Tag.StartsWith(prefix, StringComparison.Ordinal)
            && long.TryParse(tag.Tag.AsSpan()[prefix.Length..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? KeyCondition.At(offset)
            : KeyCondition.At(-1); // no record's: the answer tells the one that is
    }

    private static IList<EntityTagHeaderValue> Tags(StringValues header, string name)
    {
        if (EntityTagHeaderValue.TryParseStrictList(header, out var tags)) return tags;
        throw new BrokerException(BrokerError.InvalidRequest, $"The header {name} is not a list of quoted entity tags.");
    }

    private static string Quote(string text) => $"\"{text}\"";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
