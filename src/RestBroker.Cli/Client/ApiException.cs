using System.Text;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Client;

/// <summary>The broker understood and said no.</summary>
internal sealed class ApiException(ApiProblem problem) : Exception(Describe(problem))
{
    private const int ShownErrors = 3;

    public ApiProblem Problem => problem;

    private static string Describe(ApiProblem problem)
    {
        var line = new StringBuilder(problem.Title ?? $"HTTP {problem.Status}");
        if (problem.Detail is { Length: > 0 } detail) line.Append(": ").Append(detail);
        if (problem.Errors is { Count: > 0 } errors)
        {
            line.Append(" (").AppendJoin("; ", errors.Take(ShownErrors).Select(DescribeError));
            if (errors.Count > ShownErrors) line.Append($"; {Wording.Count(errors.Count - ShownErrors)} more");
            line.Append(')');
        }
        return Wording.OneLine(line.ToString());
    }

    private static string DescribeError(ProblemError error) => $"{error.Pointer} {error.Detail ?? error.Code}".Trim();
}
