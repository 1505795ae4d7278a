using Microsoft.Extensions.Logging;

namespace RestBroker.Storage.Files;

/// <summary>
/// Keeps some of the disk free, so that a full one can be made empty again: checkpoints, commits of groups and deletions still find room
/// when producers are refused. Counts what is written between two looks at the disk, so that a burst does not get through. Thread-safe.
/// </summary>
internal sealed partial class DiskReserve
{
    /// <summary>The reserve is at most this part of the file system: a small one is not all reserve.</summary>
    public const int LargestPart = 20;

    /// <summary>What was freed is seen after so long.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly IFileStore _files;
    private readonly string _directory;
    private readonly long _wantedBytes;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private long _lookedAt;
    private long _room;
    private bool _isLow;

    public DiskReserve(IFileStore files, string directory, long wantedBytes, TimeProvider time, ILogger logger)
    {
        (_files, _directory, _wantedBytes, _time, _logger) = (files, directory, wantedBytes, time, logger);
        Look();
    }

    /// <summary>Bytes that are kept free.</summary>
    public long Bytes { get; private set; }

    /// <summary>Free bytes at the last look.</summary>
    public long FreeBytes { get; private set; }

    /// <summary>Takes room for so many bytes. False where that would use the reserve.</summary>
    public bool TryTake(int size)
    {
        if (_wantedBytes == 0) return true;
        lock (_gate)
        {
            if (_time.GetElapsedTime(_lookedAt) >= LookInterval) Look();
            if (_room < size) return false;
            _room -= size;
            return true;
        }
    }

    private void Look()
    {
        _lookedAt = _time.GetTimestamp();
        try
        {
            var space = _files.Space(_directory);
            Bytes = Math.Min(_wantedBytes, space.Size / LargestPart);
            FreeBytes = space.Free;
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            return; // whoever writes will meet the trouble itself
        }

        _room = FreeBytes - Bytes;
        if (_isLow == _room <= 0) return;
        _isLow = !_isLow;
        if (_isLow) Log.Low(_logger, _directory, FreeBytes, Bytes);
        else Log.WellAgain(_logger, _directory, FreeBytes);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Directory}: {FreeBytes} bytes are free and {Reserve} are kept: nothing is produced until there is more. Delete records or topics, shorten retention, or add space")]
        public static partial void Low(ILogger logger, string directory, long freeBytes, long reserve);

        [LoggerMessage(2, LogLevel.Information, "{Directory}: {FreeBytes} bytes are free again, producing goes on")]
        public static partial void WellAgain(ILogger logger, string directory, long freeBytes);
    }
}
