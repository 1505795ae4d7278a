using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Live;

/// <summary>I1: an upload of numbered lines that is cut again and again, by the network and by kill -9, and goes on where it was.</summary>
public sealed class UploadTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const string Topic = "journal";

    [Fact]
    public async Task An_upload_that_is_cut_goes_on_where_it_was_and_no_line_is_there_twice()
    {
        var (seed, cuts, lines) = (Effort.Seed(), Effort.Of(8, 400), Effort.Of(40_000, 2_000_000));
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var broker = await BrokerProcess.StartNewAsync();
        await LiveLoad.CreateTopicAsync(broker, Topic, 1, new Dictionary<string, string> { ["segment.bytes"] = "1048576" });
        await using var proxy = new CuttingProxy(broker.Address);
        var producer = (long)(await PostAsync(broker, "/v1/producers"))["producerId"]!;
        using var client = new HttpClient { BaseAddress = proxy.Address };
        var history = new HistoryChecker();
        for (var i = 0; i < lines; i++) history.Sent("upload", Line(i));

        int made = 0, next = 0;
        while (next < lines)
        {
            var until = made < cuts ? next + random.Next(1, (lines - next) / (cuts - made) * 2) : int.MaxValue;
            var upload = new NumberedLines(next, lines, until).WithType();
            var sending = SendAsync(client, producer, next, upload);
            if (until < lines)
            {
                await Task.WhenAny(upload.HalfWay, sending);
                if (made % 2 == 0) proxy.Cut();
                else await KillAsync(broker);
                upload.GoOn();
                made++;
            }

            await sending;
            next = (int)(await broker.Client.GetFromJsonAsync<JsonNode>($"/v1/producers/{producer}?topic={Topic}&partition=0"))!["nextSequence"]!;
        }

        for (var i = 0; i < lines; i++) history.Acked(Line(i), 0, i); // the broker says that so many are stored, in their order
        var verdict = history.Check(await LiveLoad.FindAsync(broker, Topic));
        output.WriteLine(FaultTable.Add("upload cut by the network or by kill -9", made, verdict, $"{seed}"));
        Assert.True(verdict is { IsGood: true, Unknown: 0 } && made >= cuts / 2, $"{made} cuts, {verdict}");
    }

    private static string Line(int number) => $"line {number.ToString(CultureInfo.InvariantCulture)}";

    private static async Task KillAsync(BrokerProcess broker)
    {
        await broker.KillAsync();
        await broker.StartAsync();
    }

    private static async Task<JsonNode> PostAsync(BrokerProcess broker, string path)
    {
        using var answer = await broker.Client.PostAsync(new Uri(path, UriKind.Relative), null);
        return JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;
    }

    private static async Task SendAsync(HttpClient client, long producer, int sequence, HttpContent lines)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/topics/{Topic}/partitions/0/records") { Content = lines };
        request.Headers.Add("Producer-Id", $"{producer}");
        request.Headers.Add("Producer-Epoch", "0");
        request.Headers.Add("Producer-Seq", $"{sequence}");
        request.Headers.TransferEncodingChunked = true;
        try
        {
            using var answer = await client.SendAsync(request);
            answer.EnsureSuccessStatusCode();
        }
        catch (Exception e) when (e is HttpRequestException { StatusCode: null } or IOException)
        {
            // Cut, as it was meant to be.
        }
    }

    /// <summary>Lines from one number to another; stands still at a third until told to go on.</summary>
    private sealed class NumberedLines(int from, int to, int until) : HttpContent
    {
        private readonly TaskCompletionSource _halfWay = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task HalfWay => _halfWay.Task;

        public NumberedLines WithType()
        {
            Headers.ContentType = new("application/x-ndjson");
            return this;
        }

        public void GoOn() => _goOn.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var i = from; i < to; i++)
            {
                if (i == until)
                {
                    await stream.FlushAsync();
                    _halfWay.TrySetResult();
                    await _goOn.Task;
                }

                await stream.WriteAsync(Encoding.UTF8.GetBytes($"{{\"text\":\"{Line(i)}\"}}\n"));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
