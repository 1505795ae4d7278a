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
/// <param name="LeaseSeconds">How long a member may be silent, or in a shared group hold a record.</param>
/// <param name="MaxDeliveries">Shared groups: how often a record is given out at most; else null.</param>
/// <param name="DeadLetterTopic">Shared groups: where records go that cannot be done; null = they are dropped.</param>
public sealed record GroupSettings(
    ImmutableArray<string> Topics,
    GroupMode Mode,
    [property: JsonConverter(typeof(StartPositionJsonConverter))] StartPosition From,
    int LeaseSeconds,
    int? MaxDeliveries = null,
    string? DeadLetterTopic = null)
{
    /// <summary>How long a member may be silent.</summary>
    [JsonIgnore]
    public TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);

    [JsonIgnore]
    internal int MaxDeliveriesOrDefault => MaxDeliveries ?? GroupConfig.DefaultMaxDeliveries;

    /// <inheritdoc/>
    public bool Equals(GroupSettings? other) =>
        other is not null && Mode == other.Mode && From == other.From && LeaseSeconds == other.LeaseSeconds
        && MaxDeliveries == other.MaxDeliveries && DeadLetterTopic == other.DeadLetterTopic && Topics.SequenceEqual(other.Topics);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Topics.Length, Mode, From, LeaseSeconds);

    /// <summary>The settings a request asks for, based on those the group has, if it exists.</summary>
    /// <exception cref="BrokerException">InvalidRange, InvalidTopic, ReservedName, InvalidConfig, GroupTypeMismatch, NotSupportedByEngine.</exception>
    internal static GroupSettings Of(GroupSpec spec, GroupSettings? current, GroupConfig config)
    {
        var mode = ModeOf(spec, current);
        var topics = spec.Topics?.Distinct(StringComparer.Ordinal).ToImmutableArray() ?? current?.Topics ?? [];
        RequireTopics(topics, config);
        var leaseSeconds = spec.LeaseSeconds ?? current?.LeaseSeconds ?? GroupConfig.DefaultLeaseSeconds;
        if (leaseSeconds is < GroupConfig.MinLeaseSeconds or > GroupConfig.MaxLeaseSeconds)
        {
            throw Refused(BrokerError.InvalidRange, "/leaseSeconds",
                $"leaseSeconds {leaseSeconds} is outside {GroupConfig.MinLeaseSeconds}..{GroupConfig.MaxLeaseSeconds}.");
        }

        var settings = new GroupSettings(topics, mode, spec.From ?? current?.From ?? StartPosition.Earliest, leaseSeconds);
        return mode == GroupMode.Shared ? settings.WithShare(spec, current) : settings;
    }

    private GroupSettings WithShare(GroupSpec spec, GroupSettings? current)
    {
        var maxDeliveries = spec.MaxDeliveries ?? current?.MaxDeliveries ?? GroupConfig.DefaultMaxDeliveries;
        if (maxDeliveries is < 1 or > GroupConfig.GreatestMaxDeliveries)
            throw Refused(BrokerError.InvalidRange, "/maxDeliveries", $"maxDeliveries {maxDeliveries} is outside 1..{GroupConfig.GreatestMaxDeliveries}.");
        var deadLetterTopic = spec.DeadLetterTopic switch
        {
            null => current?.DeadLetterTopic,
            "" => null,
            var name => name,
        };
        if (deadLetterTopic is not null) RequireDeadLetterTopic(deadLetterTopic);
        return this with { MaxDeliveries = maxDeliveries, DeadLetterTopic = deadLetterTopic };
    }

    private void RequireDeadLetterTopic(string name)
    {
        TopicName.Require(name);
        if (TopicName.IsInternal(name))
            throw Refused(BrokerError.ReservedName, "/deadLetterTopic", $"'{name}' is the broker's own topic and takes no dead letters.");
        if (Topics.Contains(name))
            throw Refused(BrokerError.InvalidConfig, "/deadLetterTopic", $"The group reads '{name}': its dead letters would come back for ever. Use another topic.");
    }

    private static GroupMode ModeOf(GroupSpec spec, GroupSettings? current)
    {
        var mode = spec.Mode ?? current?.Mode ?? GroupMode.Partitioned;
        if (current is not null && current.Mode != mode)
        {
            throw Refused(BrokerError.GroupTypeMismatch, "/mode",
                $"The group is {Text(current.Mode)} and a group keeps its mode: delete it or take another name.");
        }

        if (mode == GroupMode.Shared) return mode;
        if (spec.MaxDeliveries is not null)
            throw Refused(BrokerError.InvalidConfig, "/maxDeliveries", "maxDeliveries belongs to groups of mode 'shared': leave it out.");
        if (spec.DeadLetterTopic is not null)
            throw Refused(BrokerError.InvalidConfig, "/deadLetterTopic", "deadLetterTopic belongs to groups of mode 'shared': leave it out.");
        return mode;

        static string Text(GroupMode mode) => mode == GroupMode.Shared ? "shared" : "partitioned";
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
