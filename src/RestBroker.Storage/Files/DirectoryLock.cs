using Microsoft.Win32.SafeHandles;
using RestBroker.Storage.Recovery;

namespace RestBroker.Storage.Files;

/// <summary>The right to use a data directory: held by one process, together with what it found there.</summary>
internal sealed class DirectoryLock : IDisposable
{
    private readonly IFileStore _files;
    private readonly DataDirectory _directory;
    private readonly SafeFileHandle _handle;

    private DirectoryLock(IFileStore files, DataDirectory directory, SafeFileHandle handle)
    {
        (_files, _directory, _handle) = (files, directory, handle);
    }

    public BrokerMeta Meta { get; private set; } = new(BrokerMeta.CurrentFormat, Guid.Empty, 1, [], 0);

    public StartKind Start { get; private set; }

    /// <summary>The lock file: open as long as the directory is used, so that no failure of its file system goes by unseen.</summary>
    public SafeFileHandle Handle => _handle;

    public Guid BootId => _files.BootId;

    /// <exception cref="DataDirectoryException">Another process holds it, or another version wrote it.</exception>
    public static DirectoryLock Take(IFileStore files, DataDirectory directory)
    {
        files.CreateDirectory(directory.Root);
        // An unknown format is refused before so much as a lock file is made.
        var meta = BrokerMeta.Read(files, directory.Meta);
        if (meta is null && files.Directories(directory.Root).Any(path => path == directory.Metadata || path == directory.Topics))
            throw new DataDirectoryException($"{directory.Root} holds topics, but its {Path.GetFileName(directory.Meta)} is missing. Restore it from a backup; nothing was changed.");
        var held = new DirectoryLock(files, directory, OpenLock(files, directory));
        try
        {
            held.Begin(meta);
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>The right alone, with nothing looked at or changed.</summary>
    /// <exception cref="DataDirectoryException">Another process holds it.</exception>
    public static SafeFileHandle OpenLock(IFileStore files, DataDirectory directory)
    {
        try
        {
            return files.OpenExclusively(directory.LockFile);
        }
        catch (IOException e)
        {
            throw new DataDirectoryException($"{directory.Root} is in use by another process (its {Path.GetFileName(directory.LockFile)} is held). Stop that one, or give this one another data directory.", e);
        }
    }

    /// <summary>The last thing before the end, and only if everything before it succeeded.</summary>
    public void MarkClean()
    {
        using (var file = _files.Open(_directory.CleanShutdown)) _files.Sync(file);
        _files.SyncDirectory(_directory.Root);
    }

    public void Dispose() => _handle.Dispose();

    private void Begin(BrokerMeta? meta)
    {
        var isClean = meta is null || _files.Exists(_directory.CleanShutdown);
        Start = isClean ? StartKind.Clean : StartKind.Unclean;
        Meta = meta ?? Meta with { ClusterId = Guid.NewGuid() };
        if (!isClean) Meta = Meta with { LeaderEpoch = Meta.LeaderEpoch + 1 };
        if (meta is null || !isClean) Meta.Write(_files, _directory.Meta);
        if (meta is not null && isClean)
        {
            _files.Delete(_directory.CleanShutdown);
            _files.SyncDirectory(_directory.Root);
        }

        _files.CreateDirectory(_directory.Topics);
        _files.CreateDirectory(_directory.Metadata);
        _files.SyncDirectory(_directory.Root);
    }
}
