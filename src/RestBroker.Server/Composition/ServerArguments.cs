namespace RestBroker.Server.Composition;

/// <summary>
/// The names on the server's command line. The framework takes any and listens to those it knows: a misspelt data directory must not
/// quietly be another one.
/// </summary>
internal static class ServerArguments
{
    private static readonly string[] Sections = ["RestBroker", "Kestrel", "Serilog", "Logging"];

    // What ASP.NET Core's own hosting hears.
    private static readonly string[] Names =
    [
        "AllowedHosts", WebHostDefaults.ApplicationKey, WebHostDefaults.CaptureStartupErrorsKey, WebHostDefaults.ContentRootKey, WebHostDefaults.DetailedErrorsKey,
        WebHostDefaults.EnvironmentKey, WebHostDefaults.HostingStartupAssembliesKey, WebHostDefaults.HostingStartupExcludeAssembliesKey,
        WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey, WebHostDefaults.PreferHostingUrlsKey, WebHostDefaults.PreventHostingStartupKey,
        WebHostDefaults.ServerUrlsKey, WebHostDefaults.ShutdownTimeoutKey, WebHostDefaults.StartupAssemblyKey, WebHostDefaults.StaticWebAssetsKey,
        WebHostDefaults.SuppressStatusMessagesKey, WebHostDefaults.WebRootKey,
    ];

    /// <summary>What is wrong with them, in a sentence; null where nothing is.</summary>
    public static string? Explain(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            var isOption = args[i].StartsWith('-') || args[i].StartsWith('/');
            if (!isOption && !args[i].Contains('=', StringComparison.Ordinal)) return $"There is no command '{args[i]}'. See --help.";
            var name = args[i].TrimStart('-', '/').Split('=')[0];
            if (!IsKnown(name)) return $"There is no option --{name}.{Suggestion(name)} See --help.";
            if (isOption && !args[i].Contains('=', StringComparison.Ordinal)) i++; // the next is its value
        }

        return null;
    }

    private static bool IsKnown(string name) =>
        Names.Contains(name, StringComparer.OrdinalIgnoreCase)
        || Sections.Contains(name.Split(':')[0], StringComparer.OrdinalIgnoreCase);

    private static string Suggestion(string name)
    {
        var plain = name.Replace("-", "", StringComparison.Ordinal);
        var option = typeof(RestBrokerOptions).GetProperties().FirstOrDefault(known => known.Name.Equals(plain, StringComparison.OrdinalIgnoreCase));
        return option is null ? "" : $" Did you mean --RestBroker:{option.Name}?";
    }
}
