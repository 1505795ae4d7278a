namespace RestBroker.Tests.Readme;

// Two compilers at work would starve the tests beside them.
[Collection(nameof(ReadmeTests))]
[CollectionDefinition(nameof(ReadmeTests), DisableParallelization = true)]
public sealed class ReadmeTests
{
    [Fact]
    public async Task Every_command_of_the_README_does_what_the_README_says()
    {
        await using var run = new ReadmeRun(await File.ReadAllTextAsync(Repository.PathOf("README.md")));

        var faults = await run.FaultsAsync();

        Assert.True(faults.Count == 0, string.Join("\n\n", faults));
    }

    [Fact]
    public async Task A_command_that_fails_and_an_output_that_differs_are_found()
    {
        var markdown = $"""
            # A README

            ```bash
            dotnet '{Path.Combine(AppContext.BaseDirectory, "RestBroker.Server.dll")}' # for dotnet run, which would build it first
            ```

            ```bash
            bash tests/run.sh
            ```

            ## Right

            ```bash
            curl -s localhost:8080/healthz -o answer
            echo "one $$ two"
            export said="one two"
            sleep 600 &
            ```

            It says:

            ```text
            one … two
            ```

            ```bash
            test -f answer && test -d src && test "$said" = "one two"
            ```

            ## Wrong

            ```bash
            false
            echo never
            ```

            ```bash
            printf 'a\nb\nc\nd\n'
            ```

            ```text
            a
            …
            e
            ```
            """;
        await using var run = new ReadmeRun(markdown);

        var faults = await run.FaultsAsync();

        Assert.True(faults.Count == 2, string.Join("\n\n", faults));
        Assert.StartsWith("Line 33: exit code 1", faults[0]);
        Assert.StartsWith("Line 42: another output", faults[1]);
    }

    [Theory]
    [InlineData("a\nb", "a\nb\n", true)]
    [InlineData("a  \nb", "a\nb   \n\n", true)]
    [InlineData("a … c", "a b c", true)]
    [InlineData("a … c", "a b\nb c", false)]
    [InlineData("a\n…\nc", "a\nc", true)]
    [InlineData("a\n…\nc", "a\nb\nb\nc", true)]
    [InlineData("a\n…\nc", "a\nb\nc\nd", false)]
    [InlineData("{\"x\":[1,2]}", "{\"x\":[1,2]}", true)]
    [InlineData("a", "b", false)]
    [InlineData("a", "", false)]
    public void An_ellipsis_stands_for_anything_in_its_line_or_for_any_lines(string shown, string output, bool matches) =>
        Assert.Equal(matches, ExpectedOutput.Matches(shown, output));
}
