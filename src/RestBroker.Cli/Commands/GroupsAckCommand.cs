using System.CommandLine;
using RestBroker.Cli.Client;
using RestBroker.Cli.Groups;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Commands;

internal static class GroupsAckCommand
{
    private const int MaxDelaySeconds = 86_400;

    public static Command Create(CommandContext context)
    {
        var name = Parameters.Name("group", "The shared group.");
        var receipts = new Argument<string[]>("receipt") { Description = "Receipts, as 'consume --ack-mode manual --print receipt' prints them.", Arity = ArgumentArity.OneOrMore };
        var outcome = new Option<string>("--outcome")
        {
            Description = "accept: done. release: somebody gets it again. reject: to the dead letters. renew: it takes longer.",
            HelpName = "accept|release|reject|renew",
            DefaultValueFactory = _ => "accept",
        };
        outcome.AcceptOnlyFromAmong("accept", "release", "reject", "renew");
        var delay = Parameters.Number("--delay-seconds", "With release: not before so many seconds.", 0, MaxDelaySeconds);
        var command = new Command("ack", "Say what became of records of a shared group.") { name, receipts, outcome, delay };
        command.Validators.Add(result =>
        {
            if (result.GetResult(delay) is not null && result.GetValue(outcome) != "release") result.AddError("--delay-seconds needs --outcome release.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = context.Connect(parsed);
            var acks = parsed.GetRequiredValue(receipts).Select(receipt => new Ack(receipt, parsed.GetRequiredValue(outcome), parsed.GetValue(delay))).ToList();
            var results = await new GroupAdministration(client).AckAsync(parsed.GetRequiredValue(name), acks, cancellationToken);
            foreach (var result in results) context.Print($"{result.Receipt}\t{result.Outcome ?? result.Code}");
            if (results.Count(result => result.Code is not null) is > 0 and var failed)
                throw new CommandFailedException($"{failed} of {results.Count} receipts do not fit any more.");
        });
        return command;
    }
}
