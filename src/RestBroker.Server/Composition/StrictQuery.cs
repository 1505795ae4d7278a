using System.Reflection;
using Microsoft.AspNetCore.Mvc;
using RestBroker.Core.Errors;

namespace RestBroker.Server.Composition;

/// <summary>
/// Refuses query parameters that a handler does not have: a misspelt <c>?form=earliest</c> must not quietly mean something else. The
/// handler's own <see cref="FromQueryAttribute"/>s are the list.
/// </summary>
internal static class StrictQuery
{
    /// <summary>Notes at an endpoint which parameters its handler has.</summary>
    public static void Note(EndpointBuilder endpoint)
    {
        if (endpoint.Metadata.OfType<MethodInfo>().FirstOrDefault() is not { } handler) return;
        endpoint.Metadata.Add(new KnownParameters(
            Names(handler.GetParameters()).ToHashSet(StringComparer.OrdinalIgnoreCase), handler.GetCustomAttribute<AllowsQueryPrefixAttribute>()?.Prefix));
    }

    /// <summary>Between routing and the handler. Not an endpoint filter: those box a handler's arguments and its answer.</summary>
    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.QueryString.HasValue || context.GetEndpoint()?.Metadata.GetMetadata<KnownParameters>() is not { } known) return next(context);
        foreach (var name in context.Request.Query.Keys)
        {
            if (!known.Allows(name)) throw new BrokerException(BrokerError.InvalidRequest, Unknown(name, known.Names));
        }

        return next(context);
    }

    private static IEnumerable<string> Names(IEnumerable<ParameterInfo> parameters)
    {
        foreach (var parameter in parameters)
        {
            if (parameter.GetCustomAttribute<FromQueryAttribute>() is { } query) yield return query.Name ?? parameter.Name!;
            if (parameter.GetCustomAttribute<AsParametersAttribute>() is null) continue;
            foreach (var property in parameter.ParameterType.GetProperties())
            {
                if (property.GetCustomAttribute<FromQueryAttribute>() is { } inner) yield return inner.Name ?? property.Name;
            }
        }
    }

    private static string Unknown(string name, HashSet<string> known) => known.Count == 0
        ? $"There is no query parameter '{name}' here; this route has none."
        : $"There is no query parameter '{name}' here; there are {string.Join(", ", known.Order(StringComparer.Ordinal))}.";

    private sealed record KnownParameters(HashSet<string> Names, string? Prefix)
    {
        public bool Allows(string name) =>
            Names.Contains(name) || (Prefix is not null && name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>Says that query parameters of any name with this prefix are known to a handler.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AllowsQueryPrefixAttribute(string prefix) : Attribute
{
    public string Prefix { get; } = prefix;
}
