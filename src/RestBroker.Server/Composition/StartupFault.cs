using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using RestBroker.Storage;

namespace RestBroker.Server.Composition;

/// <summary>Says in one line why the broker could not start and what to do: an operator's mistake is no crash.</summary>
internal static class StartupFault
{
    /// <summary>The line; null where the fault is none of those that somebody at a terminal can mend.</summary>
    public static string? Explain(Exception fault) => fault switch
    {
        DataDirectoryException => fault.Message,
        OptionsValidationException options => $"{string.Join(' ', options.Failures.Select(Shorten))} See the configuration table in the README.",
        IOException { InnerException: AddressInUseException } => $"{fault.Message.TrimEnd('.')}. Choose another with --urls http://localhost:PORT.",
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } => Binding(fault),
        FormatException when fault.Message.StartsWith("Invalid url", StringComparison.Ordinal) => $"{fault.Message}. Give --urls an address such as http://localhost:8080.",
        UnauthorizedAccessException or IOException => $"{fault.Message.TrimEnd('.')}. Choose a data directory that can be written, with --RestBroker:DataDirectory=PATH.",
        _ => null,
    };

    private static string Shorten(string failure)
    {
        // "DataAnnotation validation failed for 'X' members: 'Y' with the error: 'The field …'."
        var start = failure.IndexOf("with the error: '", StringComparison.Ordinal);
        return start < 0 ? failure : failure[(start + "with the error: '".Length)..].TrimEnd('.', '\'') + ".";
    }

    private static string Binding(Exception fault)
    {
        var text = fault.Message;
        return text.Contains("ErrorOnUnknownConfiguration", StringComparison.Ordinal)
            ? $"There is no such option: {text[(text.LastIndexOf(':') + 1)..].Trim()} in the section RestBroker. See the configuration table in the README."
            : $"{text.TrimEnd('.')}. See the configuration table in the README.";
    }
}
