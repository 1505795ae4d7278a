using System.Runtime.CompilerServices;
using RestBroker.Cli.Client;

namespace RestBroker.Cli.Topics;

/// <summary>The topic routes.</summary>
internal sealed class TopicCalls(BrokerClient client)
{
    private const int PageSize = 1_000;

    /// <summary>Answers what was done.</summary>
    public async Task<string> CreateAsync(string name, CreateTopicRequest topic, bool ifNotExists, CancellationToken cancellationToken)
    {
        var call = ifNotExists
            ? BrokerRequest.WithJson(HttpMethod.Put, PathOf(name), topic, JsonContext.Default.CreateTopicRequest).WithHeader("If-None-Match", "*")
            : BrokerRequest.WithJson(HttpMethod.Post, "v1/topics", topic with { Name = name }, JsonContext.Default.CreateTopicRequest);
        try
        {
            (await client.SendAsync(call, cancellationToken)).Dispose();
            return $"Created topic {name}.";
        }
        catch (ApiException e) when (ifNotExists && e.Problem.Status == 412)
        {
            return $"Topic {name} exists.";
        }
    }

    public async IAsyncEnumerable<string> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (string? after = null; ;)
        {
            var query = new QueryString().Add("limit", $"{PageSize}").Add("after", after);
            var page = await client.GetAsync($"v1/topics{query}", JsonContext.Default.TopicPage, cancellationToken);
            foreach (var topic in page.Items) yield return topic.Name;
            if (page.Next is null) yield break;
            after = page.Next;
        }
    }

    public Task<TopicDescription> DescribeAsync(string name, CancellationToken cancellationToken) =>
        client.GetAsync(PathOf(name), JsonContext.Default.TopicDescription, cancellationToken);

    /// <summary>The change holds only for the settings that were there when it began; another change in between is refused.</summary>
    public async Task AlterAsync(string name, AlterTopicRequest change, CancellationToken cancellationToken)
    {
        using var current = await client.SendAsync(BrokerRequest.Get(PathOf(name)), cancellationToken);
        var call = BrokerRequest.WithJson(HttpMethod.Patch, PathOf(name), change, JsonContext.Default.AlterTopicRequest)
            .WithHeader("If-Match", current.EntityTag ?? "*");
        (await client.SendAsync(call, cancellationToken)).Dispose();
    }

    public async Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        (await client.SendAsync(BrokerRequest.Delete(PathOf(name)), cancellationToken)).Dispose();

    private static string PathOf(string name) => $"v1/topics/{ResourceName.Escape(name)}";
}
