namespace RestBroker.CrashTests.History;

/// <summary>How often a fault is made: a few times with every change, as often as the guarantees say by <c>tests/run.sh --full</c>.</summary>
internal static class Effort
{
    public static bool IsFull { get; } = Environment.GetEnvironmentVariable("RESTBROKER_FULL") == "1";

    public static int Of(int few, int full) => IsFull ? full : few;

    /// <summary>A new seed each run, or the one in the environment to see a run again.</summary>
    public static int Seed() =>
        int.TryParse(Environment.GetEnvironmentVariable("RESTBROKER_SEED"), out var seed) ? seed : Random.Shared.Next();
}
