namespace RestBroker.Server.Composition;

/// <summary>What <c>--help</c> prints instead of a broker being started.</summary>
internal static class ServerHelp
{
    private const string Text =
        """
        RestBroker: Kafka's log behind plain HTTP.

        Usage: RestBroker.Server [--urls URL] [--RestBroker:OPTION=VALUE ...]
               RestBroker.Server log verify|dump|repair DIR    see RestBroker.Server log --help

          --urls URL                          where to listen [default: http://localhost:8080]
          --RestBroker:DataDirectory=PATH     where the logs are [default: ./data]
          --RestBroker:LogFormat=text|json    how the console log is written [default: text]

        Every option may also be an environment variable (RestBroker__DataDirectory) or stand in appsettings.json. The README
        lists them all with their defaults. Swagger UI is at /swagger once the broker runs; Ctrl-C stops it.
        """;

    public static bool IsAskedFor(string[] args) => args is ["--help" or "-h" or "-?" or "help", ..];

    public static int Show()
    {
        Console.WriteLine(Text);
        return 0;
    }
}
