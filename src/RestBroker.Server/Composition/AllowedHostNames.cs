using System.Net;
using System.Net.NetworkInformation;
using Microsoft.AspNetCore.HostFiltering;

namespace RestBroker.Server.Composition;

/// <summary>
/// The Host headers that are answered when <c>AllowedHosts</c> says nothing: loopback and the names the broker is bound to. A page of
/// another site that makes its own name resolve to this machine (DNS rebinding) is thereby refused.
/// </summary>
internal static class AllowedHostNames
{
    public static void Apply(HostFilteringOptions options, IConfiguration configuration)
    {
        if (!string.IsNullOrEmpty(configuration["AllowedHosts"])) return; // the framework reads it itself
        options.AllowedHosts = [.. Names(configuration).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    private static IEnumerable<string> Names(IConfiguration configuration)
    {
        yield return "localhost";
        yield return "127.0.0.1";
        yield return "[::1]";

        var bound = BoundHosts(configuration).ToList();
        foreach (var host in bound) yield return host;
        if (!bound.Any(IsEveryAddress)) yield break;

        yield return Dns.GetHostName();
        foreach (var address in NetworkInterface.GetAllNetworkInterfaces()
                     .SelectMany(network => network.GetIPProperties().UnicastAddresses))
        {
            var text = address.Address.ToString();
            yield return address.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{text.Split('%')[0]}]" : text;
        }
    }

    private static IEnumerable<string> BoundHosts(IConfiguration configuration)
    {
        if (!string.IsNullOrEmpty(configuration[WebHostDefaults.HttpPortsKey]) || !string.IsNullOrEmpty(configuration[WebHostDefaults.HttpsPortsKey]))
            yield return "[::]";
        var urls = (configuration[WebHostDefaults.ServerUrlsKey] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Concat(configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"] ?? ""));
        foreach (var url in urls)
        {
            if (!url.Contains("://", StringComparison.Ordinal)) continue;
            yield return BindingAddress.Parse(url).Host;
        }
    }

    private static bool IsEveryAddress(string host) => host is "*" or "+" or "0.0.0.0" or "[::]";
}
