using System.Net.Http.Json;
using System.Text.RegularExpressions;

namespace RestBroker.CrashTests;

public sealed partial class ReadmePageTests
{
    [Fact]
    public async Task The_READMEs_lines_of_JavaScript_list_records_as_they_come()
    {
        var script = JavaScript().Match(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "README.md"))).Groups[1].Value;
        await using var broker = await BrokerProcess.StartNewAsync();
        await ProduceAsync(broker, new { text = "first" });
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(broker.Address, "/swagger/index.html"));

        await page.EvaluateAsync($"() => {{ {script} }}");
        await page.WaitForFunctionAsync("document.querySelectorAll('body > ul > li').length === 1");
        await ProduceAsync(broker, new { value = new { n = 2 } });
        await page.WaitForFunctionAsync("document.querySelectorAll('body > ul > li').length === 2");

        var items = await page.EvaluateAsync<string[]>("[...document.querySelectorAll('body > ul > li')].map(item => item.textContent)");
        Assert.Equal(["0/0: first", """0/1: {"n":2}"""], items);
    }

    private static async Task ProduceAsync(BrokerProcess broker, object record) =>
        (await broker.Client.PostAsJsonAsync("/v1/topics/quickstart-events/records", new { records = new[] { record } })).EnsureSuccessStatusCode();

    [GeneratedRegex("```js\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex JavaScript();
}
