using System.ComponentModel;
using System.Globalization;

namespace RestBroker.Server.Composition;

/// <summary>Web origins: a list in a file, or one text with commas between, as a command line or an environment variable has it.</summary>
[TypeConverter(typeof(Converter))]
public sealed class OriginList : List<string>
{
    // The binder takes a text for a type with a converter, and then no longer takes a list for it.
    internal static void AddListed(RestBrokerOptions options, IConfiguration configuration)
    {
        var entries = configuration.GetSection($"{RestBrokerOptions.Section}:{nameof(RestBrokerOptions.CorsOrigins)}").GetChildren();
        options.CorsOrigins.AddRange(entries.Select(entry => entry.Value).OfType<string>().Except(options.CorsOrigins));
    }

    private sealed class Converter : TypeConverter
    {
        public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string);

        public override object ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value)
        {
            var list = new OriginList();
            list.AddRange(((string)value).Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            return list;
        }
    }
}
