using System.Globalization;
using RestBroker.Cli.Client;
using RestBroker.Cli.Produce;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Batches;

/// <summary>
/// Writes a partition's batches as they are stored, page after page, up to the end that it had when the first page came. What is damaged
/// ends it with the broker's words, which say where to go on: a copy with a hole that nobody knows of is no copy.
/// </summary>
internal sealed class BatchDump(BrokerClient client, Terminal terminal, Interruption interruption)
{
    private const int PageBytes = 4 * 1024 * 1024;

    public async Task RunAsync(BatchPlace place, long? fromOffset, Stream output)
    {
        var broker = new PatientSender(client, terminal.Error, interruption);
        var (next, end, size) = (fromOffset, long.MaxValue, 0L);
        while (next is null || next < end)
        {
            interruption.Stop.ThrowIfCancellationRequested();
            var query = new QueryString().Add("offset", Text(next)).Add("maxBytes", Text(PageBytes));
            using var page = await broker.SendAsync(BrokerRequest.Get($"{place.Path}{query}").WithHeader("Accept", BatchPlace.MediaType));
            if (end == long.MaxValue) end = Number(page, "RB-High-Watermark");
            next = Number(page, "RB-Next-Offset");
            if (page.Body.IsEmpty) break;
            Write(output, page.Body);
            size += page.Body.Length;
        }
        terminal.Error.WriteLine($"{Wording.Count(size, "byte")} of {place}, up to offset {Text(next)}");
    }

    // Standard output has its own words for what goes wrong.
    private static void Write(Stream output, ReadOnlyMemory<byte> batches)
    {
        try
        {
            output.Write(batches.Span);
        }
        catch (IOException e)
        {
            throw new CommandFailedException($"cannot write the batches: {e.Message}", e);
        }
    }

    private static long Number(BrokerAnswer page, string header)
    {
        if (page.Headers?.TryGetValues(header, out var values) is true
            && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
        throw new CommandFailedException($"the answer has no {header}. Is --server a RestBroker that gives record batches?");
    }

    private static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);
}
