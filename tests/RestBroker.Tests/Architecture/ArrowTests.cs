namespace RestBroker.Tests.Architecture;

/// <summary>Arrows point inward only: the references of the assemblies as they were built.</summary>
public sealed class ArrowTests
{
    private const string Core = "RestBroker.Core";
    private const string Storage = "RestBroker.Storage";
    private const string Server = "RestBroker.Server";
    private const string Cli = "restbroker";

    private static readonly string[] Codecs = ["K4os.Compression.LZ4", "K4os.Compression.LZ4.Streams", "Snappier", "ZstdSharp"];

    [Fact]
    public void Core_sees_the_base_library_the_logging_abstractions_and_the_codecs_alone() =>
        AssertAllowed(Core, name => IsBaseLibrary(name) || Codecs.Contains(name) || name == "Microsoft.Extensions.Logging.Abstractions");

    [Fact]
    public void Storage_sees_Core_and_LiteDB_beside_what_Core_may_see() =>
        AssertAllowed(Storage, name => IsBaseLibrary(name) || name is Core or "LiteDB" or "Microsoft.Extensions.Logging.Abstractions");

    [Fact]
    public void The_server_does_not_see_the_console_tool_nor_LiteDB() =>
        AssertAllowed(Server, name => name is not (Cli or "LiteDB") && !name.StartsWith("Spectre", StringComparison.Ordinal));

    [Fact]
    public void The_console_tool_is_a_client_of_the_HTTP_interface_and_sees_no_part_of_the_broker() =>
        AssertAllowed(Cli, name => IsBaseLibrary(name) || name is "System.CommandLine" or "Spectre.Console" or "Spectre.Console.Ansi");

    [Fact]
    public void Inside_the_server_only_the_composition_sees_the_storage()
    {
        using var server = new AssemblyFile(Server);

        Assert.Empty(server.NamespacesThatUse(Storage).Except(["", "RestBroker.Server", "RestBroker.Server.Composition"]));
    }

    [Fact]
    public void LiteDB_is_seen_by_the_catalog_alone()
    {
        using var storage = new AssemblyFile(Storage);

        Assert.Empty(storage.NamespacesThatUse("LiteDB").Except(["RestBroker.Storage.Catalog"]));
    }

    [Fact]
    public void Core_touches_no_file()
    {
        using var core = new AssemblyFile(Core);

        Assert.DoesNotContain("System.IO.FileSystem", core.References);
        Assert.DoesNotContain("System.IO.MemoryMappedFiles", core.References);
    }

    // What the tests above rest on: the reader does see a use, wherever it stands.
    [Fact]
    public void A_use_in_a_body_a_signature_or_a_closure_is_seen()
    {
        using var core = new AssemblyFile(Core);

        Assert.Equal(["RestBroker.Core.Records"], core.NamespacesThatUse("Snappier"));
        Assert.Equal(["RestBroker.Core.Records"], core.NamespacesThatUse("K4os.Compression.LZ4.Streams"));
        Assert.Contains("RestBroker.Core.Errors", core.NamespacesThatUse("System.Collections.Immutable"));
    }

    private static void AssertAllowed(string assembly, Func<string, bool> isAllowed)
    {
        using var file = new AssemblyFile(assembly);

        Assert.Equal([], file.References.Where(name => !isAllowed(name)));
    }

    private static bool IsBaseLibrary(string name) =>
        (name.StartsWith("System.", StringComparison.Ordinal) && name != "System.CommandLine") || name is "netstandard" or "Microsoft.Win32.Primitives";
}
