namespace RestBroker.Tests;

/// <summary>A directory of one test's own, gone with it.</summary>
internal sealed class TempDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("restbroker test ").FullName;

    /// <summary>What a broker leaves that is killed now: its data directory as it stands, while it is still open.</summary>
    public static TempDirectory LeftBy(string running)
    {
        var left = new TempDirectory();
        foreach (var directory in Directory.GetDirectories(running, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(System.IO.Path.Combine(left.Path, System.IO.Path.GetRelativePath(running, directory)));
        foreach (var file in Directory.GetFiles(running, "*", SearchOption.AllDirectories).Where(file => System.IO.Path.GetFileName(file) != ".lock"))
            left.Write(System.IO.Path.GetRelativePath(running, file), ReadShared(file));
        return left;
    }

    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
