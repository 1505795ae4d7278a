using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace RestBroker.CrashTests.Groups;

/// <summary>A group's routes as members call them while the broker dies and comes back: a call without an answer gives null.</summary>
internal sealed class GroupCalls(BrokerProcess broker, string group)
{
    public async Task CreateAsync(string topic, int partitions, string settings, params string[] otherTopics)
    {
        foreach (var name in otherTopics) await PutAsync($"v1/topics/{name}", "{}");
        await PutAsync($"v1/topics/{topic}", $$"""{"partitionCount":{{partitions}}}""");
        await PutAsync($"v1/groups/{group}", $$"""{"topics":["{{topic}}"],{{settings}}}""");
    }

    /// <summary>Stores the numbers as text, with themselves as keys.</summary>
    public async Task ProduceAsync(string topic, IEnumerable<int> numbers)
    {
        foreach (var chunk in numbers.Chunk(1_000))
        {
            var body = new { records = chunk.Select(number => new { key = $"{number}", text = $"{number}" }) };
            (await broker.Client.PostAsJsonAsync($"v1/topics/{topic}/records", body)).EnsureSuccessStatusCode();
        }
    }

    /// <summary>The answer, a refusal's too; null where there was none.</summary>
    public async Task<JsonNode?> PostAsync(string verb, string body)
    {
        await broker.Up;
        try
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await broker.Client.PostAsync(new Uri($"v1/groups/{group}/{verb}", UriKind.Relative), content);
            return JsonNode.Parse(await answer.Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    /// <summary>False where there was no answer.</summary>
    public async Task<bool> LeaveAsync(string member)
    {
        await broker.Up;
        try
        {
            using var answer = await broker.Client.DeleteAsync(new Uri($"v1/groups/{group}/members/{member}", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    public async Task<long?> LagAsync()
    {
        await broker.Up;
        try
        {
            return (long)JsonNode.Parse(await broker.Client.GetStringAsync(new Uri($"v1/groups/{group}/lag", UriKind.Relative)))!["lag"]!;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    private async Task PutAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        (await broker.Client.PutAsync(new Uri(path, UriKind.Relative), content)).EnsureSuccessStatusCode();
    }
}
