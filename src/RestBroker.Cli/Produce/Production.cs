using RestBroker.Cli.Client;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Produce;

/// <summary>One run of <c>produce</c>: opens the input, sends it, says how much was acknowledged.</summary>
internal sealed class Production(BrokerClient client, Terminal terminal, Interruption interruption)
{
    public async Task RunAsync(ProduceRequest produce)
    {
        await using var file = produce.File is null ? null : Open(produce.File);
        var count = (produce.Format, file) switch
        {
            (ValueFormat.Raw, _) => await SendRawAsync(produce, file ?? terminal.Input),
            (_, null) when terminal.InputIsTerminal => await SendTypedAsync(produce),
            (_, null) => await SendLinesAsync(produce, new Input(terminal.Input, terminal.Error)),
            _ => await UploadProgress.ShowAsync(terminal, Path.GetFileName(produce.File!), LengthOf(file), (error, report) =>
                SendLinesAsync(produce, new Input(file, error) { IsFile = true, OnProgress = report })),
        };
        terminal.Error.WriteLine($"{Wording.Count(count, "record")} to {produce.Topic}");
    }

    private async Task<long> SendRawAsync(ProduceRequest produce, Stream input)
    {
        var value = await RawValue.ReadAsync(input, interruption.Stop);
        (await new PatientSender(client, terminal.Error, interruption).SendAsync(RawValue.ToRequest(produce, value))).Dispose();
        return 1;
    }

    private async Task<long> SendTypedAsync(ProduceRequest produce)
    {
        try
        {
            return await SendLinesAsync(produce, new Input(terminal.Input, terminal.Error) { BeforeLine = Prompt });
        }
        finally
        {
            // What is said at the end does not stand behind the last prompt.
            terminal.Output.Write("\n"u8);
        }
    }

    private async Task<long> SendLinesAsync(ProduceRequest produce, Input input)
    {
        var shape = new RecordShape(produce.Format == ValueFormat.Json, produce.Headers);
        // A file is there as a whole and goes in full requests; what comes through a pipe may be all that comes for an hour.
        using var queue = new BatchQueue(shape, eager: !input.IsFile);
        var source = new LineSource(input.Stream, produce.Keys, shape, queue) { SkipLines = produce.SkipLines, BeforeLine = input.BeforeLine };
        var sender = new PatientSender(client, input.Error, interruption);
        var producer = new LineProducer(PathOf(produce), queue, sender, interruption) { CanResume = input.BeforeLine is null, OnProgress = input.OnProgress };
        source.Start();
        try
        {
            await producer.RunAsync(produce.SkipLines);
            return producer.Acknowledged;
        }
        catch (OperationCanceledException e) when (interruption.IsRequested)
        {
            throw new CommandFailedException($"interrupted.{producer.Resume()}", e);
        }
    }

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

    private sealed record Input(Stream Stream, TextWriter Error)
    {
        public bool IsFile { get; init; }

        public Action? BeforeLine { get; init; }

        public Action<long>? OnProgress { get; init; }
    }
}
