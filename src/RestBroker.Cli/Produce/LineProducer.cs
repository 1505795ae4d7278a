using RestBroker.Cli.Client;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Produce;

/// <summary>Sends batches one after the other, so that the order of a partition is the order of the lines, and knows what is acknowledged.</summary>
internal sealed class LineProducer(string path, BatchQueue queue, PatientSender sender, Interruption interruption)
{
    private long _lastLine;

    /// <summary>What is told to the user when not everything could be sent; input from a terminal cannot be sent again.</summary>
    public bool CanResume { get; init; } = true;

    public Action<long>? OnProgress { get; init; }

    public long Acknowledged { get; private set; }

    public async Task RunAsync(long skippedLines)
    {
        _lastLine = skippedLines;
        while (await TakeAsync() is { } batch) await SendAsync(batch);
    }

    /// <summary>How to go on after what is certain.</summary>
    public string Resume() => _lastLine == 0 || !CanResume
        ? $" {Wording.Count(Acknowledged, "record")} acknowledged."
        : $" {Wording.Count(Acknowledged, "record")} acknowledged; go on with --skip-lines {_lastLine}.";

    private async Task<LineBatch?> TakeAsync()
    {
        try
        {
            return await queue.TakeAsync(interruption.Stop);
        }
        catch (CommandFailedException e)
        {
            throw new CommandFailedException($"{e.Message}{Resume()}", e);
        }
    }

    private async Task SendAsync(LineBatch batch)
    {
        try
        {
            (await sender.SendAsync(new BrokerRequest(HttpMethod.Post, path) { Body = batch.Body })).Dispose();
        }
        catch (ApiException e)
        {
            throw new CommandFailedException($"{WithLine(e, batch)}{(e.Problem.NothingDone ? Resume() : ResumeInDoubt(batch))}", e);
        }
        catch (BrokerUnreachableException e)
        {
            throw new CommandFailedException($"{e.Message}{(e.NothingSent ? Resume() : ResumeInDoubt(batch))}", e);
        }
        catch (OperationCanceledException e) when (interruption.Abandon.IsCancellationRequested)
        {
            throw new CommandFailedException($"interrupted while the broker was at work.{ResumeInDoubt(batch)}", e);
        }
        Acknowledged += batch.Count;
        _lastLine = batch.LastLine;
        OnProgress?.Invoke(batch.EndPosition);
    }

    // The broker speaks of /records/3/value; the user has lines.
    private static string WithLine(ApiException refusal, LineBatch batch)
    {
        var parts = refusal.Problem.Errors is [var first, ..] ? first.Pointer?.Split('/') : null;
        return parts is [_, "records", var index, ..] && int.TryParse(index, out var record) && record >= 0 && record < batch.Count
            ? $"line {Wording.Count(batch.LineNumberOf(record))}: {refusal.Message}"
            : refusal.Message;
    }

    private string ResumeInDoubt(LineBatch batch)
    {
        var lines = batch.Count == 1
            ? $" Line {Wording.Count(batch.FirstLine)} may or may not be stored;"
            : $" Lines {Wording.Count(batch.FirstLine)} to {Wording.Count(batch.LastLine)} may or may not be stored;";
        var acknowledged = $"{lines} {Wording.Count(Acknowledged, "record")} acknowledged";
        return CanResume
            ? $"{acknowledged}: --skip-lines {_lastLine} may repeat, --skip-lines {batch.LastLine} may lose."
            : $"{acknowledged}.";
    }
}
