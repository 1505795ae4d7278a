using System.Text.RegularExpressions;

namespace RestBroker.Tests.Readme;

/// <summary>
/// Does what a reader of a README does: takes a fresh copy of the repository, starts the broker with the command that the README gives,
/// then pastes its <c>bash</c> blocks one after the other into a terminal: what one exports, the next one has. A <c>text</c> block behind
/// one, in the same section, is the output it promises.
/// </summary>
internal sealed partial class ReadmeRun(string markdown) : IAsyncDisposable
{
    private const string PublishedAddress = "localhost:8080";
    private const string Exported = ".exported";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PatienceToBuild = TimeSpan.FromMinutes(6);
    private static readonly Dictionary<string, string> Nothing = [];

    private readonly List<FencedBlock> _blocks = FencedBlock.All(markdown);
    private readonly TempDirectory _directory = new();
    private readonly List<string> _faults = [];
    private Shell? _broker;
    private string _address = "";

    /// <summary>What was not as the README says, a paragraph each.</summary>
    public async Task<List<string>> FaultsAsync()
    {
        await CopyRepositoryAsync();
        await StartBrokerAsync();
        for (var i = 0; i < _blocks.Count; i++)
        {
            var block = _blocks[i];
            if (block.Language != "bash" || IsBrokerCommand(block)) continue;
            if (IsTestCommand(block)) await CheckTestCommandAsync(block);
            else await RunAsync(block, PromiseOf(i));
        }

        await StopBrokerAsync();
        return _faults;
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
        _directory.Dispose();
    }

    private static bool IsBrokerCommand(FencedBlock block) => block.Text.Contains("dotnet run", StringComparison.Ordinal);

    private static bool IsTestCommand(FencedBlock block) => block.Text.Contains("tests/run.sh", StringComparison.Ordinal);

    private async Task CopyRepositoryAsync()
    {
        await using var copy = Shell.Start(
            $"git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t '{_directory.Path}'", Repository.Root, Nothing);
        Assert.True(await copy.EndAsync(Patience) == 0, copy.Output);
    }

    private async Task StartBrokerAsync()
    {
        var block = Assert.Single(_blocks, block => block.Language == "bash" && IsBrokerCommand(block));
        var command = block.Text.Split('\n').Single(line => line.Contains("dotnet run", StringComparison.Ordinal));
        _broker = Shell.Start($"exec {command}", _directory.Path, new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["RestBroker__DataDirectory"] = Path.Combine(_directory.Path, "data"),
        });
        var banner = await _broker.LineAsync(line => LoopbackAddress().IsMatch(line), PatienceToBuild);
        _address = LoopbackAddress().Match(banner).Groups[1].Value;
        _directory.Write(Exported, System.Text.Encoding.UTF8.GetBytes($"export RESTBROKER_URL=http://{_address}\n"));
    }

    private async Task StopBrokerAsync()
    {
        _broker!.Interrupt();
        if (await _broker.EndAsync(Patience) is not (0 or 130)) _faults.Add($"The broker did not end well on Ctrl-C:\n{_broker.Output}");
    }

    private async Task CheckTestCommandAsync(FencedBlock block)
    {
        var command = block.Text.Split('\n').Single(line => line.Contains("tests/run.sh", StringComparison.Ordinal)).Trim();
        if (command != "bash tests/run.sh") _faults.Add($"Line {block.Line}: the test command is `{command}`.");
        await RunAsync(block with { Text = "bash -n tests/run.sh && bash tests/run.sh --help >/dev/null\n" }, null);
    }

    private async Task RunAsync(FencedBlock block, FencedBlock? promise)
    {
        var commands = block.Text.Replace(PublishedAddress, _address, StringComparison.Ordinal);
        await using var shell = Shell.Start($". ./{Exported}\n{commands}export -p > ./{Exported}", _directory.Path, Nothing);
        var exitCode = await shell.EndAsync(commands.Contains("dotnet", StringComparison.Ordinal) ? PatienceToBuild : Patience);
        var output = shell.Output.Replace(_address, PublishedAddress, StringComparison.Ordinal);
        if (exitCode != 0)
            _faults.Add($"Line {block.Line}: {(exitCode is null ? "no end" : $"exit code {exitCode}")}\n{block.Text}{output}");
        else if (promise is null && RefusalMark().IsMatch(output))
            _faults.Add($"Line {block.Line}: a refusal that the README does not show\n{block.Text}{output}");
        else if (promise is not null && !ExpectedOutput.Matches(promise.Text, output))
            _faults.Add($"Line {promise.Line}: another output of\n{block.Text}--- promised\n{promise.Text}--- seen\n{output}");
    }

    private FencedBlock? PromiseOf(int block) =>
        _blocks.ElementAtOrDefault(block + 1) is { Language: "text" } next && next.Section == _blocks[block].Section ? next : null;

    // curl ends well whatever it is answered.
    [GeneratedRegex("\"type\":\"[^\"]*/problems/")]
    private static partial Regex RefusalMark();

    [GeneratedRegex(@"http://(127\.0\.0\.1:[1-9]\d*)")]
    private static partial Regex LoopbackAddress();
}
