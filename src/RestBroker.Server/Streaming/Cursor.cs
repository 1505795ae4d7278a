using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Streaming;

/// <summary>
/// A whole position: the next offset of every partition of one topic or several. The same string is the id of a server-sent event, the
/// <c>cursor</c> of a page and what a group commits:
/// <code>"1" ( "~" incarnation "~" slot ("." slot)* )+ ( "~@" epoch )?      or      "1~end"</code>
/// The epoch stands in the ids of a consumer group's event stream alone: that of the lease the event was sent under. One group a topic, in the order of the request; an empty slot = not in scope; numbers without leading zeros, so that a position has
/// one spelling. <c>1~end</c> stands after the last event of a stream that is over. Immutable.
/// </summary>
internal sealed class Cursor
{
    /// <summary>The id of a stream that is over.</summary>
    public const string EndText = "1~end";

    private const string Version = "1";

    // More than any session spans; a cursor in a body is cut off here before memory is taken for it.
    private const int MaxSlots = 100_000;

    private const int MaxDigits = 19;

    // Of a topic with a dozen partitions; a longer one grows.
    private const int UsualSize = 256;

    private static readonly SearchValues<char> IncarnationDigits = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyz");

    private Cursor(IReadOnlyList<CursorTopic> topics, int? epoch = null) => (Topics, Epoch) = (topics, epoch);

    /// <summary>Nothing follows.</summary>
    public static Cursor End { get; } = new([]);

    /// <summary>In the order of the request; empty at the <see cref="End"/>.</summary>
    public IReadOnlyList<CursorTopic> Topics { get; }

    /// <summary>In an id of a consumer group's event stream: the epoch of the lease.</summary>
    public int? Epoch { get; }

    public bool IsEnd => Topics.Count == 0 && Epoch is null;

    /// <summary>A position in at least one topic; the slots are copied.</summary>
    public static Cursor Of(IReadOnlyList<CursorTopic> topics)
    {
        ArgumentOutOfRangeException.ThrowIfZero(topics.Count);
        return new([.. topics.Select(topic => new CursorTopic(topic.Incarnation, topic.Slots.ToArray()))]);
    }

    /// <summary>Whether no partition that is in scope stands before another position of the same read, which may know of more partitions.</summary>
    public bool Reaches(Cursor other)
    {
        if (ReferenceEquals(this, other)) return true;
        for (var i = 0; i < Topics.Count; i++)
        {
            var theirs = other.Topics[i].Slots.Span;
            for (var partition = 0; partition < theirs.Length; partition++)
            {
                if (Topics[i].NextOffset(partition) < theirs[partition]) return false;
            }
        }

        return true;
    }

    /// <exception cref="BrokerException"><see cref="BrokerError.InvalidCursor"/>.</exception>
    public static Cursor Parse(string text)
    {
        if (TryParse(text, out var cursor, out var fault)) return cursor;
        throw new BrokerException(
            BrokerError.InvalidCursor,
            $"The cursor '{(text.Length <= 80 ? text : $"{text[..80]}…")}' cannot be read: {fault}. Send one back as it was received, or begin anew with 'from'.");
    }

    /// <summary>Reads a cursor; <paramref name="fault"/> says what is wrong with one that is malformed.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Cursor? cursor, [NotNullWhen(false)] out string? fault)
    {
        cursor = text == EndText ? End : null;
        fault = null;
        if (cursor is not null) return true;

        var parts = text.Split('~');
        int? epoch = null;
        if (parts.Length > 1 && parts[^1].StartsWith('@'))
        {
            if (int.TryParse(parts[^1].AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) epoch = number;
            else fault = "its epoch is not a number";
            parts = parts[..^1];
        }

        if (fault is not null) return false;
        if (parts[0] != Version) fault = "it does not begin with '1~'";
        else if ((parts.Length < 3 && epoch is null) || parts.Length % 2 == 0) fault = "each topic needs its incarnation and its slots";
        else if (text.AsSpan().Count('.') + parts.Length / 2 > MaxSlots) fault = $"it has more than {MaxSlots} slots";
        if (fault is not null) return false;

        var topics = new CursorTopic[parts.Length / 2];
        for (var i = 0; i < topics.Length; i++)
        {
            var (incarnation, slots) = (parts[2 * i + 1], parts[2 * i + 2]);
            if (!IsIncarnation(incarnation)) fault = $"'{incarnation}' is not an incarnation";
            else if (ParseSlots(slots) is { } offsets) topics[i] = new CursorTopic(incarnation, offsets);
            else fault = "a slot is neither empty nor an offset";
            if (fault is not null) return false;
        }

        cursor = new Cursor(topics, epoch);
        return true;
    }

    /// <summary>Writes a position of a consumer group's event stream.</summary>
    public static void Write(IBufferWriter<byte> target, IReadOnlyList<CursorTopic> topics, int epoch)
    {
        if (topics.Count > 0) Write(target, topics);
        else target.Write("1"u8);
        var room = target.GetSpan(2 + MaxDigits);
        "~@"u8.CopyTo(room);
        Utf8Formatter.TryFormat(epoch, room[2..], out var digits);
        target.Advance(2 + digits);
    }

    /// <summary>Writes a position as it stands, without making a cursor of it: a stream does so for every event.</summary>
    public static void Write(IBufferWriter<byte> target, IReadOnlyList<CursorTopic> topics)
    {
        target.Write(topics.Count == 0 ? "1~end"u8 : "1"u8);
        for (var i = 0; i < topics.Count; i++) Write(target, topics[i]);
    }

    /// <summary>The canonical spelling of a position.</summary>
    public static string Format(IReadOnlyList<CursorTopic> topics)
    {
        using var text = new PooledBuffer(UsualSize);
        Write(text, topics);
        return Encoding.ASCII.GetString(text.Written.Span);
    }

    public override string ToString()
    {
        if (Epoch is not { } epoch) return Format(Topics);
        using var text = new PooledBuffer(UsualSize);
        Write(text, Topics, epoch);
        return Encoding.ASCII.GetString(text.Written.Span);
    }

    private static void Write(IBufferWriter<byte> target, in CursorTopic topic)
    {
        var slots = topic.Slots.Span;
        var room = target.GetSpan(2 + Incarnation.Length + slots.Length * (MaxDigits + 1));
        room[0] = (byte)'~';
        var count = 1 + Encoding.ASCII.GetBytes(topic.Incarnation, room[1..]);
        room[count++] = (byte)'~';
        for (var i = 0; i < slots.Length; i++)
        {
            if (i > 0) room[count++] = (byte)'.';
            if (slots[i] < 0) continue;
            Utf8Formatter.TryFormat(slots[i], room[count..], out var digits);
            count += digits;
        }

        target.Advance(count);
    }

    private static bool IsIncarnation(string text) =>
        text.Length == Incarnation.Length && !text.AsSpan().ContainsAnyExcept(IncarnationDigits);

    private static long[]? ParseSlots(ReadOnlySpan<char> text)
    {
        var slots = new long[text.Count('.') + 1];
        var i = 0;
        foreach (var range in text.Split('.'))
        {
            var slot = text[range];
            if (slot.IsEmpty) slots[i++] = CursorTopic.NotInScope;
            else if ((slot[0] != '0' || slot.Length == 1) && long.TryParse(slot, NumberStyles.None, CultureInfo.InvariantCulture, out slots[i])) i++;
            else return null;
        }

        return slots;
    }
}
