using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using RestBroker.Storage.Files;

namespace RestBroker.Storage.Durability;

/// <summary>
/// One <c>syncfs</c> for many logs instead of one <c>fdatasync</c> each. It does so as long as every log lies on one file system that is
/// known to tell of failures, and until the first failure: <c>syncfs</c> tells an open file of each failure once and does not say whose it
/// was. The next call would return 0 and take a log that was not in the round for safe; that log's own <c>fdatasync</c> still tells.
/// Calls of <see cref="Run"/> come one at a time, for the same reason.
/// </summary>
internal sealed partial class FileSystemSync
{
    private readonly IFileStore _files;
    private readonly SafeFileHandle _handle;
    private readonly long? _device;
    private readonly ILogger<LogFlusher> _logger;
    private volatile bool _isUsable;

    /// <param name="files">The disk.</param>
    /// <param name="handle">A file on it that was open before the first log was, and stays so.</param>
    /// <param name="directory">The data directory.</param>
    /// <param name="logger">Told where it cannot be used.</param>
    public FileSystemSync(IFileStore files, SafeFileHandle handle, string directory, ILogger<LogFlusher> logger)
    {
        (_files, _handle, _logger) = (files, handle, logger);
        _device = files.SyncableDevice(directory);
        _isUsable = _device is not null;
        if (!_isUsable) Log.NotSyncable(logger, directory);
    }

    public bool IsUsable => _isUsable;

    /// <summary>Takes note of where a log lies; elsewhere than the others, it would be missed.</summary>
    public void Cover(string directory)
    {
        if (!_isUsable || _files.SyncableDevice(directory) == _device) return;
        _isUsable = false;
        Log.Elsewhere(_logger, directory);
    }

    /// <summary>Syncs the file system. Returns the disk's failure.</summary>
    public Exception? Run()
    {
        try
        {
            _files.SyncFileSystem(_handle);
            return null;
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            _isUsable = false;
            return e;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Information, "{Directory} lies on a file system, or under a kernel, whose failures syncfs does not tell of: every log is synced by itself")]
        public static partial void NotSyncable(ILogger logger, string directory);

        [LoggerMessage(3, LogLevel.Information, "{Directory} lies on another file system than the data directory: every log is synced by itself")]
        public static partial void Elsewhere(ILogger logger, string directory);
    }
}
