using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Live;

/// <summary>D2, V1, F2, F3: the file system under the broker loses its power while clients write and read at the tail.</summary>
public sealed class PowerCutTests(Xunit.Abstractions.ITestOutputHelper output)
{
    [ImageFact]
    public async Task What_was_acknowledged_or_read_survives_a_power_cut()
    {
        var (seed, cuts) = (Effort.Seed(), Effort.Of(3, 500));
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var image = MountedImage.NewExt4(256);
        var boot = new BootId(image);
        await using var broker = new BrokerProcess { DataDirectory = Path.Combine(image.Path, "data"), Wrapper = boot.Wrapper };
        await broker.StartAsync();
        await LiveLoad.CreateTopicAsync(broker, "journal", 3, new Dictionary<string, string> { ["segment.bytes"] = "65536" });
        await using var load = new LiveLoad(broker, "journal", "all", writers: 8, readers: 2);

        for (var cut = 0; cut < cuts; cut++)
        {
            await load.AckedAsync(random.Next(5, 150));
            // Without power nobody sends an answer any more: what was answered was answered before.
            broker.Stop();
            image.CutPower();
            await broker.KillAsync();
            image.Remount();
            boot.Renew();
            await broker.StartAsync();
        }

        await load.AckedAsync(20);
        var verdict = await load.StopAsync();
        output.WriteLine(FaultTable.Add("power cut, ext4", cuts, verdict, $"{seed}"));
        Assert.True(verdict.IsGood, $"{verdict}");
    }

    [ImageFact]
    public void A_power_cut_takes_what_was_not_synced_and_nothing_else()
    {
        using var image = MountedImage.NewExt4(16);
        var (synced, unsynced) = (Path.Combine(image.Path, "synced"), Path.Combine(image.Path, "unsynced"));
        var disk = new Storage.Files.PhysicalFileStore();
        foreach (var path in (string[])[synced, unsynced])
        {
            using var file = disk.Open(path);
            disk.Write(file, "bytes"u8, 0);
            if (path == synced) disk.Sync(file);
        }

        image.CutPower();
        image.Remount();

        Assert.Equal("bytes", File.ReadAllText(synced));
        Assert.False(File.Exists(unsynced) && File.ReadAllText(unsynced) == "bytes");
    }

    /// <summary>
    /// The machine's boot id as the broker sees it, another after each cut: in a mount name space of its own, over the kernel's file.
    /// </summary>
    private sealed class BootId
    {
        private readonly string _file;

        public BootId(MountedImage image)
        {
            _file = Path.Combine(Path.GetDirectoryName(image.Path)!, "boot_id");
            Renew();
        }

        public string[] Wrapper =>
            ["unshare", "-m", "sh", "-c", $"mount --bind '{_file}' /proc/sys/kernel/random/boot_id && exec \"$@\"", "sh"];

        public void Renew() => File.WriteAllText(_file, Guid.NewGuid().ToString());
    }
}
