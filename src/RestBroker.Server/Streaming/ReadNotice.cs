using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;
using RestBroker.Server.Problems;

namespace RestBroker.Server.Streaming;

/// <summary>What a read has to say besides records.</summary>
internal enum ReadNoticeKind
{
    /// <summary>Offsets that were wanted and cannot be had.</summary>
    Gap,

    /// <summary>The position meant nothing here; the read goes on elsewhere.</summary>
    Reset,

    /// <summary>The read cannot go on.</summary>
    Problem,
}

/// <summary>A notice and the step that it stands for; the step is taken when the notice is given out, so that no id runs ahead of it.</summary>
internal sealed record ReadNotice(ReadNoticeKind Kind)
{
    public const string Trimmed = "trimmed";
    public const string Corrupt = "corrupt";
    public const string Recreated = "recreated";
    public const string BeyondEnd = "beyond-end";
    public const string Malformed = "malformed";

    /// <summary>The topic; null for a cursor that was not read at all.</summary>
    public string? Topic { get; init; }

    public int? Partition { get; init; }

    /// <summary>The first offset of a gap; where a reset left off.</summary>
    public long From { get; init; }

    /// <summary>Where it goes on: one past a gap.</summary>
    public long To { get; init; }

    public string Reason { get; init; } = "";

    public BrokerException? Problem { get; init; }

    /// <summary>With <see cref="Recreated"/>: the topic that bears the name now.</summary>
    public TopicDescription? NewTopic { get; init; }

    public static ReadNotice Gap(TopicPosition topic, int partition, long from, long to, string reason) =>
        new(ReadNoticeKind.Gap) { Topic = topic.Name, Partition = partition, From = from, To = to, Reason = reason };

    public static ReadNotice Of(BrokerException problem) => new(ReadNoticeKind.Problem) { Problem = problem };

    /// <summary>The event's data: <c>{topic, partition, from, to, reason}</c>, or the problem document.</summary>
    public void Write(Utf8JsonWriter json, string requestId)
    {
        if (Problem is not null)
        {
            ProblemWriter.Write(json, Problem, requestId);
            return;
        }

        json.WriteStartObject();
        WriteMembers(json);
        json.WriteEndObject();
    }

    public void WriteMembers(Utf8JsonWriter json)
    {
        if (Topic is not null) json.WriteString("topic", Topic);
        if (Partition is { } partition)
        {
            json.WriteNumber("partition", partition);
            json.WriteNumber("from", From);
            json.WriteNumber("to", To);
        }

        json.WriteString("reason", Reason);
    }
}
