using System.CommandLine;
using RestBroker.Cli.Groups;

namespace RestBroker.Cli.Commands;

internal static class GroupsCommand
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    public static Command Create(CommandContext context) => new("groups", "Create, list, describe, reset and delete consumer groups; acknowledge records of shared ones.")
    {
        GroupsCreateCommand.Create(context),
        List(context),
        Describe(context),
        GroupsAckCommand.Create(context),
        Reset(context),
        Delete(context),
    };

    private static Command List(CommandContext context)
    {
        var command = new Command("list", "The names of all groups.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = context.Connect(parsed);
            await foreach (var group in new GroupAdministration(client).ListAsync(cancellationToken)) context.Print(group);
        });
        return command;
    }

    private static Command Describe(CommandContext context)
    {
        var name = GroupName();
        var watch = Parameters.Flag("--watch", "Print it again every second, until Ctrl-C.");
        var command = new Command("describe", "Committed offsets, lag and members, in the columns of kafka-consumer-groups.sh; of a shared group what is in flight.") { name, watch };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = context.Connect(parsed);
            var groups = new GroupAdministration(client);
            var group = parsed.GetRequiredValue(name);
            var isShared = (await groups.GetAsync(group, cancellationToken)).Mode == "shared";
            while (true)
            {
                var lag = await groups.DescribeAsync(group, cancellationToken);
                foreach (var line in isShared ? GroupLines.DescribeShared(lag) : GroupLines.Describe(lag)) context.Print(line);
                if (!parsed.GetValue(watch)) return;
                await Task.Delay(WatchInterval, context.Interruption.Stop);
                context.Print("");
            }
        });
        return command;
    }

    private static Command Reset(CommandContext context)
    {
        var name = GroupName();
        var to = Parameters.Text("--to", "TIME", "earliest, latest, -n (the last n records of each partition) or a time (RFC 3339 or ms).");
        to.Required = true;
        var topic = Parameters.NameOption("--topic", "TOPIC", "Only this topic of the group.");
        var dryRun = Parameters.Flag("--dry-run", "Only show what would change (the default).");
        var execute = Parameters.Flag("--execute", "Change it.");
        var force = Parameters.Flag("--force", "Even while members are reading.");
        var command = new Command("reset-offsets", "Move the group's committed offsets. Shows the plan; --execute does it.") { name, to, topic, dryRun, execute, force };
        command.Validators.Add(result =>
        {
            if (result.GetValue(dryRun) && result.GetValue(execute)) result.AddError("--dry-run and --execute exclude each other.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = context.Connect(parsed);
            var plan = new ResetPlan(parsed.GetRequiredValue(to), parsed.GetValue(topic), !parsed.GetValue(execute), parsed.GetValue(force));
            var group = parsed.GetRequiredValue(name);
            var answer = await new GroupAdministration(client).ResetAsync(group, plan, cancellationToken);
            foreach (var line in GroupLines.Reset(group, answer)) context.Print(line);
            if (answer.DryRun) context.Terminal.Error.WriteLine("Nothing was changed; --execute does it.");
        });
        return command;
    }

    private static Command Delete(CommandContext context)
    {
        var name = GroupName();
        var command = new Command("delete", "Delete a group with its committed offsets.") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = context.Connect(parsed);
            var group = parsed.GetRequiredValue(name);
            await new GroupAdministration(client).DeleteAsync(group, cancellationToken);
            context.Print($"Deleted group {group}.");
        });
        return command;
    }

    private static Argument<string> GroupName() => Parameters.Name("group", "The group.");
}
