using System.Net;
using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Live;

/// <summary>F7: a small disk is filled for real, made room on by the broker's own means, filled again and killed full.</summary>
public sealed class FullDiskTests(Xunit.Abstractions.ITestOutputHelper output)
{
    [ImageFact]
    public Task A_full_tmpfs_refuses_serves_and_heals() => RunAsync("tmpfs", MountedImage.NewTmpfs(12));

    [ImageFact]
    public Task A_full_ext4_refuses_serves_and_heals() => RunAsync("ext4", MountedImage.NewExt4(24));

    private async Task RunAsync(string kind, MountedImage image)
    {
        using var mounted = image;
        var rounds = Effort.Of(2, 25);
        await using var broker = new BrokerProcess { DataDirectory = Path.Combine(image.Path, "data") };
        broker.Environment["RestBroker__CleanerIntervalSeconds"] = "1";
        await broker.StartAsync();
        await LiveLoad.CreateTopicAsync(broker, "journal", 1, new Dictionary<string, string> { ["segment.bytes"] = "262144" });
        await using var load = new LiveLoad(broker, "journal", "all", writers: 4, readers: 1, valueSize: 20_000);

        for (var round = 0; round < rounds; round++)
        {
            await load.RefusedAsync(HttpStatusCode.InsufficientStorage);
            // Full: what there is can be read, and a start is possible.
            if (round % 2 == 1)
            {
                await broker.KillAsync();
                await broker.StartAsync();
                await load.RefusedAsync(HttpStatusCode.InsufficientStorage);
            }

            await load.TrimAsync(partition: 0);
            await load.AckedAsync(30);
        }

        var verdict = await load.StopAsync();
        output.WriteLine(FaultTable.Add($"disk full, {kind}", rounds, verdict, "-"));
        Assert.True(verdict.IsGood, $"{verdict}");
        Assert.Equal([HttpStatusCode.InsufficientStorage], load.Refusals.Keys);
    }
}
