using System.Text;
using RestBroker.Cli.Commands;
using RestBroker.Cli.Shell;

namespace RestBroker.Tests.Cli;

/// <summary>The tool while it runs in this process: its output can be waited for, and it can be interrupted as by Ctrl-C.</summary>
internal sealed class LiveRun : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly WatchedStream _output = new();
    private readonly WatchedStream _error = new();
    private readonly Interruption _interruption;
    private readonly Task<int> _run;

    private LiveRun(string[] args)
    {
        _interruption = new Interruption(_stop.Token);
        var error = TextWriter.Synchronized(new StreamWriter(_error) { AutoFlush = true });
        _run = CommandLine.RunAsync(args, new Terminal(Stream.Null, _output, error), _interruption);
    }

    public string[] Lines => _output.Lines;

    public string[] ErrorLines => _error.Lines;

    public static LiveRun Start(params string[] args) => new(args);

    public Task WaitForLinesAsync(int count) => WaitAsync(_output, lines => lines.Length >= count);

    public Task WaitForLineAsync(string line) => WaitAsync(_output, lines => lines.Contains(line));

    /// <summary>Waits until the runs have printed so many lines together.</summary>
    public static async Task WaitForLinesAsync(IReadOnlyList<LiveRun> runs, int total)
    {
        while (true)
        {
            // Counted once: a line that comes between two counts would be waited for again, and in vain.
            var counts = runs.Select(run => run.Lines.Length).ToArray();
            if (counts.Sum() >= total) return;
            await await Task.WhenAny(runs.Select((run, i) => run.WaitForLinesAsync(counts[i] + 1)));
        }
    }

    public Task WaitForErrorAsync(string part) => WaitAsync(_error, lines => lines.Any(line => line.Contains(part, StringComparison.Ordinal)));

    public async Task<int> EndAsync() => await _run.WaitAsync(Patience);

    public async Task<int> InterruptAsync()
    {
        await _stop.CancelAsync();
        return await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await InterruptAsync();
        _interruption.Dispose();
        _stop.Dispose();
    }

    // A run that ends instead of printing would be waited for in vain.
    private async Task WaitAsync(WatchedStream stream, Func<string[], bool> isEnough)
    {
        while (!isEnough(stream.Lines))
        {
            var change = stream.Change;
            if (isEnough(stream.Lines)) return;
            if (await Task.WhenAny(change, _run).WaitAsync(Patience) == _run && !isEnough(stream.Lines))
                throw new InvalidOperationException($"The run ended with {await _run}: {string.Join('\n', ErrorLines)}");
        }
    }

    private sealed class WatchedStream : Stream
    {
        private readonly Lock _lock = new();
        private readonly MemoryStream _bytes = new();
        private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Change
        {
            get { lock (_lock) return _change.Task; }
        }

        /// <summary>Whole lines only.</summary>
        public string[] Lines
        {
            get { lock (_lock) return Encoding.UTF8.GetString(_bytes.ToArray()).Split('\n')[..^1]; }
        }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count)
        {
            lock (_lock)
            {
                _bytes.Write(buffer, offset, count);
                _change.TrySetResult();
                _change = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
