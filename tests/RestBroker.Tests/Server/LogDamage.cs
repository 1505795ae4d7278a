using System.Text;

namespace RestBroker.Tests.Server;

/// <summary>Bit rot in the logs of a broker that is stopped.</summary>
internal static class LogDamage
{
    /// <summary>Changes one bit of a text that is in one log.</summary>
    public static void Flip(string directory, string text)
    {
        var wanted = Encoding.UTF8.GetBytes(text);
        foreach (var file in Directory.EnumerateFiles(directory, "*.log", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(file);
            if (bytes.AsSpan().IndexOf(wanted) is not (var found and >= 0)) continue;
            bytes[found] ^= 1;
            File.WriteAllBytes(file, bytes);
            return;
        }

        Assert.Fail($"{text} is in no log.");
    }
}
