using RestBroker.Cli.Client;
using RestBroker.Cli.Produce;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Batches;

/// <summary>Sends batches into a partition, and says where to go on when it could not send them all.</summary>
internal sealed class BatchPour(BrokerClient client, Terminal terminal, Interruption interruption, bool keepProducer)
{
    public async Task RunAsync(BatchPlace place, Stream input, long skipBytes)
    {
        await SkipAsync(input, skipBytes);
        var broker = new PatientSender(client, terminal.Error, interruption);
        var query = new QueryString().Add("dropProducer", keepProducer ? null : "true");
        var chunks = new BatchChunks(input, skipBytes);
        var stored = skipBytes;
        try
        {
            while (await chunks.NextAsync(interruption.Stop) is { IsEmpty: false } chunk)
            {
                var request = new BrokerRequest(HttpMethod.Post, $"{place.Path}{query}") { Body = chunk, ContentType = BatchPlace.MediaType };
                (await broker.SendAsync(request)).Dispose();
                stored = chunks.Position;
            }
        }
        catch (Exception e) when (e is ApiException or BrokerUnreachableException or CommandFailedException or OperationCanceledException)
        {
            throw new CommandFailedException($"{Reason(e)} {Resume(stored, chunks.Position, IsInDoubt(e))}", e);
        }
        terminal.Error.WriteLine($"{Wording.Count(stored - skipBytes, "byte")} to {place}");
    }

    private async ValueTask SkipAsync(Stream input, long count)
    {
        var buffer = new byte[64 * 1024];
        for (var left = count; left > 0;)
        {
            var read = await input.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), interruption.Stop);
            if (read == 0) throw new CommandFailedException($"the input has fewer than the {count} bytes of --skip-bytes");
            left -= read;
        }
    }

    private static string Reason(Exception e) => e is OperationCanceledException ? "interrupted." : $"{e.Message.TrimEnd('.')}.";

    private static bool IsInDoubt(Exception e) => e switch
    {
        ApiException refusal => !refusal.Problem.NothingDone,
        BrokerUnreachableException silence => !silence.NothingSent,
        _ => e is OperationCanceledException,
    };

    private static string Resume(long stored, long sent, bool isInDoubt) => isInDoubt && sent > stored
        ? $"Bytes {stored} to {sent - 1} may or may not be stored: --skip-bytes {stored} may repeat, --skip-bytes {sent} may lose."
        : $"Go on with --skip-bytes {stored}.";
}
