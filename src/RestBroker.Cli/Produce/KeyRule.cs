using System.Text;

namespace RestBroker.Cli.Produce;

/// <summary>Where the key of a line comes from: one key for all, before a separator, a white-space field, or nowhere.</summary>
internal sealed class KeyRule
{
    public static readonly KeyRule None = new();

    private byte[]? _constant;
    private byte[]? _separator;
    private int _field;

    private KeyRule()
    {
    }

    public static KeyRule Constant(string key) => new() { _constant = Encoding.UTF8.GetBytes(key) };

    public static KeyRule BeforeSeparator(string separator)
    {
        ArgumentException.ThrowIfNullOrEmpty(separator);
        return new() { _separator = Encoding.UTF8.GetBytes(separator) };
    }

    /// <summary>The first field is 1; the value stays the whole line.</summary>
    public static KeyRule Field(int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        return new() { _field = number };
    }

    /// <summary>False when a separator is asked for and the line has none.</summary>
    public bool TryApply(ReadOnlySpan<byte> line, out KeyedLine keyed)
    {
        keyed = new KeyedLine(_constant, _constant is not null, line);
        if (_field > 0)
        {
            var key = FindField(line);
            keyed = new KeyedLine(key, !key.IsEmpty, line);
        }
        if (_separator is null) return true;

        var position = line.IndexOf(_separator);
        if (position < 0) return false;
        keyed = new KeyedLine(line[..position], true, line[(position + _separator.Length)..]);
        return true;
    }

    // A line with fewer fields has no key: a log has odd lines, and each of them is still a record.
    private ReadOnlySpan<byte> FindField(ReadOnlySpan<byte> line)
    {
        for (var number = 1; ; number++)
        {
            line = line.TrimStart(" \t\v\f"u8);
            var length = line.IndexOfAny(" \t\v\f"u8);
            var field = length < 0 ? line : line[..length];
            if (number == _field || field.IsEmpty) return field;
            line = line[field.Length..];
        }
    }
}
