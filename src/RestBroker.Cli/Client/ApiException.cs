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
            line.Append(" (").AppendJoin("; ", errors.Take(ShownErrors).Select(error => DescribeError(error, problem.Detail)));
            if (errors.Count > ShownErrors) line.Append($"; {Wording.Count(errors.Count - ShownErrors)} more");
            line.Append(')');
        }
        return Wording.OneLine(line.ToString());
    }

    // Where there is one fault, its sentence is the problem's own.
    private static string DescribeError(ProblemError error, string? detail) =>
        error.Detail is not null && detail?.Contains(error.Detail, StringComparison.Ordinal) == true
            ? $"{error.Pointer}"
            : $"{error.Pointer} {error.Detail ?? error.Code}".Trim();
}
