using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Batches;

/// <summary>A file of batches, with a sentence where it cannot be opened.</summary>
internal static class BatchFile
{
    public static FileStream Open(string path) => Open(path, "read", () =>
        new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1));

    public static FileStream Create(string path) => Open(path, "write", () =>
        new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1));

    private static FileStream Open(string path, string verb, Func<FileStream> open)
    {
        try
        {
            return open();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandFailedException($"cannot {verb} {path}: {e.Message}", e);
        }
    }
}
