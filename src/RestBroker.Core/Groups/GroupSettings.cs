using System.Collections.Immutable;
using System.Text.Json.Serialization;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>A group's settings, checked. Immutable.</summary>
/// <param name="Topics">What the group reads, in the order given.</param>
/// <param name="Mode">How its members share.</param>
/// <param name="From">Where it begins in a partition.</param>
/// <param name="LeaseSeconds">How long a member may be silent.</param>
public sealed record GroupSettings(
    ImmutableArray<string> Topics,
    GroupMode Mode,
    [property: JsonConverter(typeof(StartPositionJsonConverter))] StartPosition From,
    int LeaseSeconds)
{
    /// <summary>How long a member may be silent.</summary>
    [JsonIgnore]
    public TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);

    /// <inheritdoc/>
    public bool Equals(GroupSettings? other) =>
        other is not null && Mode == other.Mode && From == other.From && LeaseSeconds == other.LeaseSeconds && Topics.SequenceEqual(other.Topics);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Topics.Length, Mode, From, LeaseSeconds);

    /// <summary>The settings a request asks for, based on those the group has, if it exists.</summary>
    /// <exception cref="BrokerException">InvalidRange, InvalidTopic, ReservedName, InvalidConfig, GroupTypeMismatch, NotSupportedByEngine.</exception>
    internal static GroupSettings Of(GroupSpec spec, GroupSettings? current, GroupConfig config)
    {
        RequireMode(spec, current);
        var topics = spec.Topics?.Distinct(StringComparer.Ordinal).ToImmutableArray() ?? current?.Topics ?? [];
        RequireTopics(topics, config);
        var leaseSeconds = spec.LeaseSeconds ?? current?.LeaseSeconds ?? GroupConfig.DefaultLeaseSeconds;
        if (leaseSeconds is < GroupConfig.MinLeaseSeconds or > GroupConfig.MaxLeaseSeconds)
        {
            throw Refused(BrokerError.InvalidRange, "/leaseSeconds",
                $"leaseSeconds {leaseSeconds} is outside {GroupConfig.MinLeaseSeconds}..{GroupConfig.MaxLeaseSeconds}.");
        }

        return new GroupSettings(topics, GroupMode.Partitioned, spec.From ?? current?.From ?? StartPosition.Earliest, leaseSeconds);
    }

    private static void RequireMode(GroupSpec spec, GroupSettings? current)
    {
        if (spec.Mode == GroupMode.Shared)
        {
            if (current is not null)
                throw Refused(BrokerError.GroupTypeMismatch, "/mode", "The group is partitioned and a group keeps its mode: delete it or take another name.");
            throw Refused(BrokerError.NotSupportedByEngine, "/mode", "Groups of mode 'shared' are not there yet: use mode 'partitioned'.");
        }

        if (spec.MaxDeliveries is not null)
            throw Refused(BrokerError.InvalidConfig, "/maxDeliveries", "maxDeliveries belongs to groups of mode 'shared': leave it out.");
        if (spec.DeadLetterTopic is not null)
            throw Refused(BrokerError.InvalidConfig, "/deadLetterTopic", "deadLetterTopic belongs to groups of mode 'shared': leave it out.");
    }

    private static void RequireTopics(ImmutableArray<string> topics, GroupConfig config)
    {
        if (topics.Length == 0) throw Refused(BrokerError.InvalidRange, "/topics", "A group reads at least one topic: give topics.");
        if (topics.Length > config.MaxTopics)
            throw Refused(BrokerError.InvalidRange, "/topics", $"{topics.Length} topics are given; a group reads at most {config.MaxTopics}.");
        // A list from JSON may hold a null, whatever its type says.
        foreach (var topic in topics.Select(name => name ?? ""))
        {
            TopicName.Require(topic);
            if (TopicName.IsInternal(topic))
                throw Refused(BrokerError.ReservedName, "/topics", $"'{topic}' is the broker's own topic and is not read by groups.");
        }
    }

    private static BrokerException Refused(BrokerError error, string pointer, string detail) =>
        new(error, detail) { Errors = [new FieldError(pointer, error, detail)] };
}
