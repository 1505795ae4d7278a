using System.Text.Json;
using Microsoft.Playwright;

namespace RestBroker.CrashTests.Tail;

/// <summary>A page of Chromium with as many native EventSources as a browser opens to one host; they reconnect by themselves.</summary>
internal sealed class TailPage(IPage page)
{
    /// <summary>A browser has six connections to a host; one is left for the page.</summary>
    public const int Sources = 5;

    private const string Script = """
        ([path, count]) => {
          window.seen = []; window.fresh = []; window.faults = [];
          for (let i = 0; i < count; i++) {
            window.seen[i] = []; window.fresh[i] = 0;
            const source = new EventSource(path);
            source.onopen = () => { window.fresh[i] = 0; };
            source.onmessage = event => {
              const { partition, offset, text } = JSON.parse(event.data);
              if (event.lastEventId.split('~')[2].split('.')[partition] !== String(offset + 1)) window.faults.push(event.lastEventId);
              window.seen[i].push([partition, offset, text]); window.fresh[i]++;
            };
            for (const type of ['gap', 'reset', 'problem']) source.addEventListener(type, event => window.faults.push(type + event.data));
          }
        }
        """;

    public static async Task<TailPage> OpenAsync(Browser browser, Uri broker, string path)
    {
        var page = await browser.OpenAsync(new Uri(broker, "/swagger/index.html"));
        page.SetDefaultTimeout(120_000);
        await page.EvaluateAsync(Script, new object[] { path, Sources });
        return new TailPage(page);
    }

    /// <summary>Returns when every source is connected and has got something since.</summary>
    public Task ConnectedAsync() => page.WaitForFunctionAsync("window.fresh.every(count => count > 0)");

    /// <summary>Counts from here what is got since.</summary>
    public Task ForgetAsync() => page.EvaluateAsync("window.fresh.fill(0)");

    /// <summary>Returns when every source has got so many records.</summary>
    public Task SeenAsync(int count) => page.WaitForFunctionAsync($"window.seen.every(seen => seen.length >= {count})");

    /// <summary>What each source got.</summary>
    public async Task<List<List<TailRecord>>> AllAsync()
    {
        Assert.Equal("[]", await page.EvaluateAsync<string>("JSON.stringify(window.faults)"));
        var seen = JsonSerializer.Deserialize<List<List<JsonElement>>>(await page.EvaluateAsync<string>("JSON.stringify(window.seen)"))!;
        return [.. seen.Select(one => one.Select(record => new TailRecord(record[0].GetInt32(), record[1].GetInt64(), record[2].GetString()!)).ToList())];
    }
}
