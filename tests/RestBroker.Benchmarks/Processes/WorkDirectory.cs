using System.Runtime.InteropServices;

namespace RestBroker.Benchmarks.Processes;

/// <summary>Where the broker and its limits write: side by side on one disk, gone afterwards.</summary>
internal sealed class WorkDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restbroker-bench-");
    private readonly PosixSignalRegistration[] _signals;

    // Whoever ends this program early does not want to find gigabytes later on.
    public WorkDirectory() =>
        _signals = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, _ => Delete()))];

    public string this[string name] => Path.Combine(_directory.FullName, name);

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        Delete();
    }

    private void Delete()
    {
        try
        {
            _directory.Delete(recursive: true);
        }
        catch (IOException fault)
        {
            // A server that is ending may still write.
            Console.Error.WriteLine($"{_directory.FullName} is left: {fault.Message}");
        }
    }
}
