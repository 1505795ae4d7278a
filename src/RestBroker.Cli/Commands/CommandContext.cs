using System.CommandLine;
using System.Text;
using RestBroker.Cli.Client;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Commands;

/// <summary>What every command is given: where the broker is, and the process around it.</summary>
internal sealed class CommandContext(Terminal terminal, Interruption interruption)
{
    private const string DefaultServer = "http://localhost:8080";

    public Terminal Terminal => terminal;

    public Interruption Interruption => interruption;

    public Option<string> Server { get; } = CreateServerOption();

    public BrokerClient Connect(ParseResult parsed) => new(new Uri(parsed.GetRequiredValue(Server)));

    /// <summary>What a command answers: text on standard output, for people and for scripts.</summary>
    public void Print(string line) => terminal.Output.Write(Encoding.UTF8.GetBytes(line + "\n"));

    private static Option<string> CreateServerOption()
    {
        var server = new Option<string>("--server")
        {
            Description = "The broker's address; also the environment variable RESTBROKER_URL.",
            HelpName = "URL",
            Recursive = true,
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("RESTBROKER_URL") is { Length: > 0 } url ? url : DefaultServer,
        };
        server.Validators.Add(result =>
        {
            var url = result.GetValueOrDefault<string>();
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                result.AddError($"'{url}' is not an http:// or https:// address (--server or RESTBROKER_URL).");
        });
        return server;
    }
}
