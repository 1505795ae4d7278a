namespace RestBroker.Benchmarks.Processes;

/// <summary>Where the broker and its limits write: side by side on one disk, gone afterwards.</summary>
internal sealed class WorkDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restbroker-bench-");

    public string this[string name] => Path.Combine(_directory.FullName, name);

    public void Dispose() => _directory.Delete(recursive: true);
}
