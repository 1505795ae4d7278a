using Microsoft.AspNetCore.Http.HttpResults;
using RestBroker.Core.Errors;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Endpoints;

/// <summary>The table of errors, for clients and for people who followed a problem's type.</summary>
internal static class ProblemEndpoints
{
    public static void MapProblems(this IEndpointRouteBuilder api)
    {
        var problems = api.MapGroup("/problems").WithTags("Problems");
        problems.MapGet("", ListProblems);
        problems.MapGet("/{code}", GetProblem);
    }

    /// <summary>Lists every problem that the broker can answer with.</summary>
    internal static Ok<ProblemListResponse> ListProblems() =>
        TypedResults.Ok(new ProblemListResponse([.. BrokerErrors.All.Select(ToResponse)]));

    /// <summary>One problem; the <c>type</c> of a problem document leads here.</summary>
    internal static Ok<ProblemEntryResponse> GetProblem(string code)
    {
        var row = BrokerErrors.All.FirstOrDefault(row => row.Code == code)
            ?? throw new BrokerException(BrokerError.NotFound, $"There is no problem {code}. GET /v1/problems lists them.");
        return TypedResults.Ok(ToResponse(row));
    }

    private static ProblemEntryResponse ToResponse(BrokerErrorInfo row)
    {
        var retry = row.Retriable ? "The same request can succeed later." : "The same request will be refused again.";
        var effects = row.SideEffects == SideEffects.None ? "Nothing was stored or changed." : "Something may have been stored or changed.";
        return new(
            row.Code, row.Title, row.Status, row.Retriable, row.SideEffects == SideEffects.None ? "none" : "possible", $"{row.Title}. {effects} {retry}");
    }
}
