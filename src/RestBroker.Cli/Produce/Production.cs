using RestBroker.Cli.Client;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Produce;

/// <summary>One run of <c>produce</c>: opens the input, sends it, says how much was acknowledged.</summary>
internal sealed class Production(BrokerClient client, Terminal terminal, Interruption interruption)
{
    private readonly PatientSender _sender = new(client, terminal.Error, interruption);

    public async Task RunAsync(ProduceRequest produce)
    {
        await using var file = produce.File is null ? null : Open(produce.File);
        if (produce.Format == ValueFormat.Raw) await SendRawAsync(produce, file ?? terminal.Input);
        else if (file is null) await SendLinesAsync(produce, terminal.Input, isFile: false, null);
        else await UploadProgress.ShowAsync(terminal, Path.GetFileName(produce.File!), LengthOf(file), report => SendLinesAsync(produce, file, isFile: true, report));
    }

    private async Task SendRawAsync(ProduceRequest produce, Stream input)
    {
        var value = await RawValue.ReadAsync(input, interruption.Stop);
        (await _sender.SendAsync(RawValue.ToRequest(produce, value))).Dispose();
        Report(produce, 1);
    }

    private async Task SendLinesAsync(ProduceRequest produce, Stream input, bool isFile, Action<long>? report)
    {
        var hasPrompt = !isFile && terminal.InputIsTerminal;
        var shape = new RecordShape(produce.Format == ValueFormat.Json, produce.Headers);
        // A file is there as a whole and goes in full requests; what comes through a pipe may be all that comes for an hour.
        using var queue = new BatchQueue(shape, eager: !isFile);
        var source = new LineSource(input, produce.Keys, shape, queue)
        {
            SkipLines = produce.SkipLines,
            BeforeLine = hasPrompt ? Prompt : null,
        };
        var producer = new LineProducer(PathOf(produce), queue, _sender, interruption) { CanResume = !hasPrompt, OnProgress = report };
        source.Start();
        try
        {
            await producer.RunAsync(produce.SkipLines);
        }
        catch (OperationCanceledException) when (interruption.IsRequested)
        {
            terminal.Error.WriteLine($"restbroker: interrupted.{producer.Resume()}");
            throw;
        }
        Report(produce, producer.Acknowledged);
    }

    private void Report(ProduceRequest produce, long count) => terminal.Error.WriteLine($"{Wording.Count(count, "record")} to {produce.Topic}");

    private void Prompt()
    {
        terminal.Output.Write(">"u8);
        terminal.Output.Flush();
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandFailedException($"cannot read {path}: {e.Message}", e);
        }
    }

    // A named pipe can be given as a file; it has no length, and no bar.
    private static long LengthOf(FileStream file) => file.CanSeek ? file.Length : 0;

    private static string PathOf(ProduceRequest produce)
    {
        var topic = $"v1/topics/{ResourceName.Escape(produce.Topic)}";
        return produce.Partition is { } partition ? $"{topic}/partitions/{partition}/records" : $"{topic}/records";
    }
}
