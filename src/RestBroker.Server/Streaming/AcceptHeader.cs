using Microsoft.Net.Http.Headers;
using RestBroker.Core.Errors;

namespace RestBroker.Server.Streaming;

/// <summary>What a client takes of what is offered.</summary>
internal static class AcceptHeader
{
    /// <summary>The offer that the client likes best; the first where it does not say.</summary>
    /// <exception cref="BrokerException">NotAcceptable.</exception>
    public static string Choose(HttpRequest request, params ReadOnlySpan<string> offers)
    {
        var header = request.Headers.Accept;
        if (header.Count == 0) return offers[0];
        // Whoever knows this API names what it wants, and that alone.
        foreach (var offer in offers)
        {
            if (header is [var one] && offer.Equals(one, StringComparison.OrdinalIgnoreCase)) return offer;
        }

        return Weigh(request, offers);
    }

    private static string Weigh(HttpRequest request, ReadOnlySpan<string> offers)
    {
        var accepted = request.GetTypedHeaders().Accept;
        if (accepted.Count == 0) return offers[0];
        foreach (var type in accepted.Where(type => type.Quality is not 0).OrderByDescending(type => type.Quality ?? 1))
        {
            foreach (var offer in offers)
            {
                if (MediaTypeHeaderValue.Parse(offer).IsSubsetOf(type)) return offer;
            }
        }

        throw new BrokerException(
            BrokerError.NotAcceptable, $"Accept: {request.Headers.Accept} is not offered here; there is {string.Join(" and ", offers)}.");
    }
}
