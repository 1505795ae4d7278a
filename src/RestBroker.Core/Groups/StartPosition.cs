using System.Globalization;
using RestBroker.Core.Engine;

namespace RestBroker.Core.Groups;

/// <summary>Where a group begins in a partition it has no committed offset of: an <see cref="OffsetSpec"/>, or the last n records.</summary>
public readonly record struct StartPosition
{
    private readonly OffsetSpec _spec;
    private readonly long _lastCount;

    private StartPosition(OffsetSpec spec, long lastCount)
    {
        _spec = spec;
        _lastCount = lastCount;
    }

    /// <summary>The log start.</summary>
    public static StartPosition Earliest { get; } = new(OffsetSpec.Earliest, 0);

    /// <summary>The high watermark.</summary>
    public static StartPosition Latest { get; } = new(OffsetSpec.Latest, 0);

    /// <summary>Whether this is the log start.</summary>
    public bool IsEarliest => _spec.IsEarliest;

    /// <summary>The first record whose timestamp (ms since 1970) is this or later.</summary>
    public static StartPosition At(long timestamp) => new(OffsetSpec.At(timestamp), 0);

    /// <summary>The last <paramref name="count"/> records of each partition.</summary>
    public static StartPosition Last(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return new(OffsetSpec.Latest, count);
    }

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static StartPosition Parse(string text) => text switch
    {
        "earliest" => Earliest,
        "latest" => Latest,
        ['-', .. var count] => Last(long.Parse(count, NumberStyles.None, CultureInfo.InvariantCulture)),
        _ => At(long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)),
    };

    /// <summary><c>earliest</c>, <c>latest</c>, <c>-n</c> or a time in ms.</summary>
    public override string ToString() => this switch
    {
        { IsEarliest: true } => "earliest",
        { _lastCount: > 0 } => (-_lastCount).ToString(CultureInfo.InvariantCulture),
        { _spec.IsLatest: true } => "latest",
        _ => _spec.Timestamp.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>The offset it means now in every partition of a topic, in order of their numbers.</summary>
    public async ValueTask<IReadOnlyList<long>> ResolveAsync(ILogEngine engine, string topic, CancellationToken cancellationToken)
    {
        var found = await engine.ListOffsetsAsync(topic, _spec, cancellationToken);
        if (_lastCount == 0) return [.. found.Select(listed => listed.Offset)];
        var earliest = await engine.ListOffsetsAsync(topic, OffsetSpec.Earliest, cancellationToken);
        var count = _lastCount;
        return [.. found.Zip(earliest, (latest, start) => Math.Max(start.Offset, latest.Offset - count))];
    }
}
