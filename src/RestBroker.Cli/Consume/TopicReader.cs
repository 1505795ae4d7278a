using System.Globalization;
using RestBroker.Cli.Client;

namespace RestBroker.Cli.Consume;

/// <summary>
/// Reads a topic without a group. The start is turned into a cursor once, by the first call; from then on the position is what was
/// printed, so a broker that is killed and started again costs neither a record nor a repetition.
/// </summary>
internal sealed class TopicReader(PatientReader broker, ConsumeRequest request, ReadingPace pace, RecordPrinter printer, RecordOutput output, TextWriter error)
{
    /// <summary>Records a page, at most; <see cref="MaxBytes"/> is met first by all but the smallest.</summary>
    public const int PageLimit = 10_000;

    private const int MaxBytes = 4 * 1024 * 1024;

    private string? _cursor;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!pace.IsDone)
        {
            using var page = await FetchAsync(cancellationToken);
            foreach (var gap in page.Gaps) error.WriteLine($"restbroker: {gap}");
            foreach (ref readonly var record in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(page.Records))
            {
                printer.Print(record);
                if (output.IsLarge) output.Flush();
            }
            if (page.Records.Count > 0) output.Flush();
            _cursor = page.Cursor;
            pace.Saw(page.Records.Count);
        }
    }

    private async Task<FetchPage> FetchAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await FetchAsync(clamp: false, cancellationToken);
        }
        catch (ApiException e) when (_cursor is not null && e.Problem.Status is 410 or 416)
        {
            // Retention was faster than this reader, or the log lost its tail: going on is right, silence is not.
            error.WriteLine($"restbroker: {e.Message}");
            return await FetchAsync(clamp: true, cancellationToken);
        }
    }

    private async Task<FetchPage> FetchAsync(bool clamp, CancellationToken cancellationToken)
    {
        // The first call does not wait: its answer is the position.
        var wait = _cursor is null ? 0 : pace.WaitSeconds;
        var query = new QueryString()
            .Add("from", _cursor is null ? request.From : null)
            .Add("cursor", _cursor)
            .Add("partitions", request.Partitions.Count > 0 ? string.Join(',', request.Partitions) : null)
            .Add("wait", wait.ToString(CultureInfo.InvariantCulture))
            .Add("limit", pace.Limit.ToString(CultureInfo.InvariantCulture))
            .Add("maxBytes", MaxBytes.ToString(CultureInfo.InvariantCulture))
            .Add("clamp", clamp ? "true" : null);
        var call = BrokerRequest.Get($"v1/topics/{ResourceName.Escape(request.Topic)}/records{query}");
        return FetchPageReader.Read(await broker.SendAsync(call.WaitingFor(wait), cancellationToken));
    }
}
