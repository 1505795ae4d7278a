using System.CommandLine;
using RestBroker.Cli.Client;
using RestBroker.Cli.Topics;

namespace RestBroker.Cli.Commands;

internal static class TopicsCommand
{
    public static Command Create(CommandContext context) => new("topics", "Create, list, describe, alter and delete topics.")
    {
        CreateTopic(context),
        List(context),
        Describe(context),
        Alter(context),
        Delete(context),
    };

    private static Command CreateTopic(CommandContext context)
    {
        var name = TopicName();
        var partitions = Parameters.Number("--partitions", "How many partitions; the broker's default if not given.", 1);
        var configs = Parameters.Pairs("--config", "key=value", "A config of the topic, as Kafka names it; may be repeated.");
        var ifNotExists = Parameters.Flag("--if-not-exists", "Succeed if the topic is there already, whatever its settings.");
        var command = new Command("create", "Create a topic.") { name, partitions, configs, ifNotExists };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = context.Connect(parsed);
            var topic = new CreateTopicRequest(null, parsed.GetValue(partitions), ToDictionary(parsed.GetValue(configs)!));
            var topics = new TopicCalls(client);
            context.Print(await topics.CreateAsync(parsed.GetRequiredValue(name), topic, parsed.GetValue(ifNotExists), cancellationToken));
        });
        return command;
    }

    private static Command List(CommandContext context)
    {
        var command = new Command("list", "The names of all topics.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = context.Connect(parsed);
            await foreach (var topic in new TopicCalls(client).ListAsync(cancellationToken)) context.Print(topic);
        });
        return command;
    }

    private static Command Describe(CommandContext context)
    {
        var name = TopicName();
        var command = new Command("describe", "A topic's settings and partitions, as kafka-topics.sh prints them.") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = context.Connect(parsed);
            var topic = await new TopicCalls(client).DescribeAsync(parsed.GetRequiredValue(name), cancellationToken);
            foreach (var line in TopicLines.Describe(topic)) context.Print(line);
        });
        return command;
    }

    private static Command Alter(CommandContext context)
    {
        var name = TopicName();
        var partitions = Parameters.Number("--partitions", "The new number of partitions; it can only grow.", 1);
        var configs = Parameters.Pairs("--config", "key=value", "A config to set; may be repeated.");
        var deleted = new Option<string[]>("--delete-config") { Description = "A config to set back to its default; may be repeated.", HelpName = "key" };
        var command = new Command("alter", "Change a topic's settings.") { name, partitions, configs, deleted };
        command.Validators.Add(result =>
        {
            if (result.GetResult(partitions) is null && result.GetResult(configs) is not { Implicit: false } && result.GetResult(deleted) is null)
                result.AddError("Nothing to alter: give --partitions, --config or --delete-config.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = context.Connect(parsed);
            var changes = parsed.GetValue(configs)!.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))
                .Concat((parsed.GetValue(deleted) ?? []).Select(key => KeyValuePair.Create(key, (string?)null)));
            var topic = parsed.GetRequiredValue(name);
            await new TopicCalls(client).AlterAsync(topic, new(parsed.GetValue(partitions), ToDictionary([.. changes])), cancellationToken);
            context.Print($"Altered topic {topic}.");
        });
        return command;
    }

    private static Command Delete(CommandContext context)
    {
        var name = TopicName();
        var command = new Command("delete", "Delete a topic with all its records and committed offsets.") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = context.Connect(parsed);
            var topic = parsed.GetRequiredValue(name);
            await new TopicCalls(client).DeleteAsync(topic, cancellationToken);
            context.Print($"Deleted topic {topic}.");
        });
        return command;
    }

    private static Argument<string> TopicName() => Parameters.Name("name", "The topic.");

    // A config given twice: the last one counts, as with any option.
    private static Dictionary<string, T>? ToDictionary<T>(KeyValuePair<string, T>[] pairs)
    {
        if (pairs.Length == 0) return null;
        var dictionary = new Dictionary<string, T>();
        foreach (var (key, value) in pairs) dictionary[key] = value;
        return dictionary;
    }
}
