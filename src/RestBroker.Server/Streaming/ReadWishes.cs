using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Streaming;

/// <summary>A read's query, checked.</summary>
internal sealed class ReadWishes
{
    private const int DefaultLimit = 500;
    private const int MaxLimit = 10_000;
    private const int DefaultMaxBytes = 1024 * 1024;
    private const double MaxWaitSeconds = 50;

    // Thousands of streams may have a backlog at the same time; each holds what one step gave.
    private const int StreamStepBytes = 128 * 1024;

    // One record's bytes as a guess: a page of few records need not read a megabyte.
    private const int GuessedRecordSize = 4096;
    private const int MinStepBytes = 64 * 1024;

    // What a page holds while it is sent: a step, or a batch where that is larger.
    private const int MaxStepBytes = 1024 * 1024;

    private readonly RestBrokerOptions _options;
    private readonly RecordFilter? _filter;
    private readonly int? _limit;
    private readonly int _maxBytes;
    private readonly bool _clamp;

    /// <exception cref="BrokerException">InvalidRequest, InvalidRange.</exception>
    public ReadWishes(ReadQuery query, QueryString text, RestBrokerOptions options)
    {
        _options = options;
        _limit = query.Limit is null ? null : Ranges.Check("limit", query.Limit, 1, MaxLimit, DefaultLimit);
        _maxBytes = Ranges.Check("maxBytes", query.MaxBytes, 1, options.MaxFetchBytes, Math.Min(DefaultMaxBytes, options.MaxFetchBytes));
        _clamp = query.Clamp ?? false;
        _filter = RecordFilter.From(query.Key, query.KeyPrefix, text);
        Wait = CheckWait(query.Wait ?? 0);
        Shape = new RecordShape(Format(query.As), options.MaxValueDepth);
    }

    public TimeSpan Wait { get; }

    /// <summary>Records of a page.</summary>
    public int PageLimit => _limit ?? DefaultLimit;

    /// <summary>Records of a stream.</summary>
    public long StreamLimit => _limit ?? long.MaxValue;

    /// <summary>Whether only some records are wanted.</summary>
    public bool IsFiltered => _filter is not null;

    /// <summary>Bytes of a page.</summary>
    public int PageBytes => _maxBytes;

    public RecordShape Shape { get; }

    /// <summary>The plan of a page that begins at some positions.</summary>
    /// <param name="positions">Where it begins.</param>
    /// <param name="isResolved">Whether the broker chose them: then a log start that moved since is no mistake of the client's.</param>
    public ReadPlan Page(IReadOnlyList<TopicPosition> positions, bool isResolved) => new()
    {
        Topics = positions,
        Filter = _filter,
        Limit = _limit ?? DefaultLimit,
        MaxBytes = _maxBytes,
        StepBytes = _filter is null ? Math.Clamp((_limit ?? DefaultLimit) * GuessedRecordSize, MinStepBytes, MaxStepBytes) : MaxStepBytes,
        MaxPartitions = _options.MaxPartitionsPerRead,
        Clamp = _clamp || isResolved,
    };

    /// <summary>The plan of a stream.</summary>
    public ReadPlan Stream(IReadOnlyList<TopicPosition> positions, StartPosition from, bool isResolved) => new()
    {
        Topics = positions,
        Filter = _filter,
        Limit = _limit ?? long.MaxValue,
        StepBytes = StreamStepBytes,
        MaxPartitions = _options.MaxPartitionsPerRead,
        Clamp = _clamp || isResolved,
        From = from,
    };

    /// <summary>The plan of a stretch of a group's stream, of which so many records were given out before.</summary>
    public ReadPlan GroupStream(IReadOnlyList<TopicPosition> positions, long delivered) =>
        Stream(positions, StartPosition.Earliest, isResolved: true) with { Limit = _limit is { } limit ? limit - delivered : long.MaxValue };

    private static TimeSpan CheckWait(double seconds) => seconds is >= 0 and <= MaxWaitSeconds
        ? TimeSpan.FromSeconds(seconds)
        : throw new BrokerException(BrokerError.InvalidRange, $"wait={seconds} is outside 0..{MaxWaitSeconds} seconds.");

    /// <exception cref="BrokerException">InvalidRequest.</exception>
    public static RecordFormat? Format(string? text) => text switch
    {
        null => null,
        "text" => RecordFormat.Text,
        "base64" => RecordFormat.Base64,
        _ => throw new BrokerException(BrokerError.InvalidRequest, $"as={text} is neither text nor base64."),
    };
}
