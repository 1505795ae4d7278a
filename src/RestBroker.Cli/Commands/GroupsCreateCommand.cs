using System.CommandLine;
using RestBroker.Cli.Client;
using RestBroker.Cli.Groups;

namespace RestBroker.Cli.Commands;

internal static class GroupsCreateCommand
{
    private const int MaxLeaseSeconds = 3600;
    private const int MaxDeliveries = 1000;

    public static Command Create(CommandContext context)
    {
        var name = Parameters.Name("group", "The group.");
        var topics = new Option<string[]>("--topic") { Description = "What it reads; may be repeated.", HelpName = "TOPIC", Required = true, Arity = ArgumentArity.OneOrMore };
        var from = Parameters.Text("--from", "TIME", "Where it begins: earliest (the default of a new group), latest, -n or a time (RFC 3339 or ms).");
        var shared = Parameters.Flag("--shared", "A work queue: each record goes to one member, which acknowledges it.");
        var lease = Parameters.Number("--lease-seconds", "How long a member may be silent, and in a shared group hold a record.", 1, MaxLeaseSeconds);
        var deliveries = Parameters.Number("--max-deliveries", "Shared: how often a record is given out at most.", 1, MaxDeliveries);
        var deadLetters = Parameters.NameOption("--dead-letter-topic", "TOPIC", "Shared: where records go that cannot be done; it must exist.");
        var command = new Command("create", "Create a group, or give it other settings.") { name, topics, from, shared, lease, deliveries, deadLetters };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = context.Connect(parsed);
            var group = parsed.GetRequiredValue(name);
            await new GroupAdministration(client).CreateAsync(
                group,
                new CreateGroupRequest(
                    parsed.GetRequiredValue(topics),
                    parsed.GetValue(from),
                    parsed.GetValue(shared) ? "shared" : null,
                    parsed.GetValue(lease),
                    parsed.GetValue(deliveries),
                    parsed.GetValue(deadLetters)),
                cancellationToken);
            context.Print($"Created group {group}.");
        });
        return command;
    }
}
