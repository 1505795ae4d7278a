using RestBroker.Benchmarks.Processes;

namespace RestBroker.Benchmarks.Micro;

/// <summary>What BenchmarkDotNet is told beyond what was asked for.</summary>
internal static class MicroArguments
{
    /// <summary>
    /// All of them, in this process (nothing is built a second time), three rounds each, with their reports beside the other results; what
    /// is asked for goes before.
    /// </summary>
    public static string[] Of(string[] wishes) =>
    [
        .. wishes,
        "--inProcess",
        .. Unless(wishes, "--filter", "*"),
        .. Unless(wishes, "--job", "short"),
        .. Unless(wishes, "--artifacts", Path.Combine(Broker.Metadata("Root"), "artifacts", "micro")),
    ];

    private static string[] Unless(string[] wishes, string option, string value) => wishes.Contains(option) ? [] : [option, value];
}
