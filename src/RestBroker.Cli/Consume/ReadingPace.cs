namespace RestBroker.Cli.Consume;

/// <summary>How much to ask for, how long to wait for it, and when enough is enough.</summary>
internal sealed class ReadingPace(ConsumeRequest request, int pageLimit)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private long _lastRecord = TimeProvider.System.GetTimestamp();

    public long Count { get; private set; }

    public bool IsDone => Count >= request.MaxRecords || (request.IdleExit is { } idle && IdleTime >= idle);

    public int Limit => (int)Math.Min(pageLimit, request.MaxRecords - Count);

    /// <summary>Whole seconds, as the API takes them.</summary>
    public int WaitSeconds
    {
        get
        {
            var left = request.IdleExit is { } idle ? idle - IdleTime : LongestWait;
            return (int)Math.Ceiling(Math.Clamp(left.TotalSeconds, 0, LongestWait.TotalSeconds));
        }
    }

    private TimeSpan IdleTime => TimeProvider.System.GetElapsedTime(_lastRecord);

    public void Saw(int records)
    {
        if (records == 0) return;
        Count += records;
        RestartIdleTime();
    }

    /// <summary>While the broker is away nothing can come, so that time is not idleness.</summary>
    public void RestartIdleTime() => _lastRecord = TimeProvider.System.GetTimestamp();
}
