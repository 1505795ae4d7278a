using System.Runtime.InteropServices;

namespace RestBroker.Cli.Shell;

/// <summary>Ctrl-C and SIGTERM: stop at once what can wait, and a few seconds later what tidies up (commit, leave, count).</summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _abandon = new();
    private readonly CancellationTokenRegistration _startOfGrace;
    private readonly List<PosixSignalRegistration> _signals = [];
    private Timer? _lastResort;

    public Interruption(CancellationToken stop = default)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _startOfGrace = _stop.Token.Register(() => _abandon.CancelAfter(Grace));
    }

    /// <summary>Cancelled when the user wants to stop.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Cancelled a few seconds later: for requests whose answer decides what was done.</summary>
    public CancellationToken Abandon => _abandon.Token;

    public bool IsRequested => _stop.IsCancellationRequested;

    public static Interruption OfProcess()
    {
        var interruption = new Interruption();
        interruption._signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, interruption.OnSignal));
        interruption._signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, interruption.OnSignal));
        return interruption;
    }

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        _startOfGrace.Dispose();
        _lastResort?.Dispose();
        _stop.Dispose();
        _abandon.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        // A second signal is an impatient user; the timer is for a write that nobody reads, which no token can interrupt.
        if (_stop.IsCancellationRequested) Environment.Exit(ExitCode.Interrupted);
        _lastResort = new Timer(_ => Environment.Exit(ExitCode.Interrupted), null, Patience, Timeout.InfiniteTimeSpan);
        _stop.Cancel();
    }
}
