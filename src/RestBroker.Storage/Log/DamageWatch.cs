using Microsoft.Extensions.Logging;
using RestBroker.Core.Engine;

namespace RestBroker.Storage.Log;

/// <summary>Tells the operator, once for each, of the damaged ranges of a log that reads have met. Thread-safe.</summary>
internal sealed partial class DamageWatch(LogState state, LogHost host)
{
    // A disk that rots faster than this has been told of often enough.
    private const int MaxTold = 1_000;

    private readonly HashSet<long> _told = [];

    public void Met(OffsetRange range)
    {
        lock (_told)
        {
            if (_told.Count >= MaxTold || !_told.Add(range.From)) return;
        }

        host.Metrics?.MetDamage();
        Log.Met(host.Logger, state.Partition, range);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Partition}: the offsets {Damaged} are damaged on the disk and cannot be read; readers are told of a gap, what lies around it is served")]
        public static partial void Met(ILogger logger, Core.Topics.TopicPartition partition, OffsetRange damaged);
    }
}
