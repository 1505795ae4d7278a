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
    public static EndpointFilterDelegate Create(EndpointFilterFactoryContext factory, EndpointFilterDelegate next)
    {
        var known = Names(factory.MethodInfo.GetParameters()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var prefix = factory.MethodInfo.GetCustomAttribute<AllowsQueryPrefixAttribute>()?.Prefix;
        return context =>
        {
            foreach (var name in context.HttpContext.Request.Query.Keys)
            {
                if (known.Contains(name) || (prefix is not null && name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))) continue;
                throw new BrokerException(BrokerError.InvalidRequest, Unknown(name, known));
            }

            return next(context);
        };
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
}

/// <summary>Says that query parameters of any name with this prefix are known to a handler.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AllowsQueryPrefixAttribute(string prefix) : Attribute
{
    public string Prefix { get; } = prefix;
}
