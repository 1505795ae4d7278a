using System.Globalization;
using RestBroker.Server.Composition;

namespace RestBroker.Tests.Readme;

public sealed class ConfigurationTableTests
{
    [Fact]
    public async Task The_configuration_table_names_every_option_and_its_default()
    {
        var readme = await File.ReadAllTextAsync(Repository.PathOf("README.md"));
        var defaults = new RestBrokerOptions();

        foreach (var option in typeof(RestBrokerOptions).GetProperties())
        {
            var shown = option.GetValue(defaults) switch
            {
                bool flag => flag ? "true" : "false",
                OriginList => "none",
                IFormattable number => number.ToString("N0", CultureInfo.InvariantCulture),
                var other => other!.ToString(),
            };
            Assert.Contains($"| `{option.Name}` | {shown} |", readme, StringComparison.Ordinal);
        }
    }
}
