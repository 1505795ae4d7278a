using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using RestBroker.Tests.Server;

namespace RestBroker.Tests.Image;

/// <summary>What can be said of the image without an engine that builds it.</summary>
public sealed partial class DockerfileTests
{
    private static readonly string Dockerfile = File.ReadAllText(Repository.PathOf("Dockerfile"));

    [Fact]
    public async Task The_health_check_knows_a_broker_that_answers_from_a_port_that_does_not()
    {
        int port;
        await using (var broker = TestBroker.Start())
        {
            port = broker.Address.Port;
            Assert.Equal(0, await HealthCheckAsync(port));
        }

        Assert.NotEqual(0, await HealthCheckAsync(port));
    }

    [Fact]
    public void Whatever_is_copied_from_the_repository_is_there_and_not_ignored()
    {
        var kept = File.ReadLines(Repository.PathOf(".dockerignore")).Where(line => line.StartsWith('!')).Select(line => line[1..]).ToList();
        var sources = Copies().Matches(Dockerfile).SelectMany(copy => copy.Groups[1].Value.Split(' ')[..^1]).ToList();

        Assert.NotEmpty(sources);
        Assert.All(sources, source => Assert.True(Path.Exists(Repository.PathOf(source)), source));
        Assert.All(sources, source => Assert.Contains(source.Split('/')[0], kept));
    }

    [Fact]
    public void The_broker_does_not_run_as_root_and_keeps_its_data_on_a_volume()
    {
        Assert.Matches("(?m)^USER \\$APP_UID$", Dockerfile);
        Assert.Matches("(?m)^VOLUME /data$", Dockerfile);
        Assert.Contains("RestBroker__DataDirectory=/data", Dockerfile);
    }

    private static async Task<int> HealthCheckAsync(int port)
    {
        var command = JsonSerializer.Deserialize<string[]>(HealthCheck().Match(Dockerfile).Groups[1].Value)!;
        using var process = Process.Start(command[0], [.. command[1..].Select(word => word.Replace("8080", $"{port}", StringComparison.Ordinal))]);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    [GeneratedRegex(@"(?m)^HEALTHCHECK .*CMD (\[.*\])$")]
    private static partial Regex HealthCheck();

    [GeneratedRegex("(?m)^COPY (?!--from)(.*)$")]
    private static partial Regex Copies();
}
