using System.Text.Json;
using System.Text.Unicode;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Produce;

/// <summary>Reads the input to its end on a thread of its own, because a read of a terminal or a pipe cannot be cancelled.</summary>
internal sealed class LineSource(Stream input, KeyRule keys, RecordShape shape, BatchQueue queue)
{
    /// <summary>Lines sent by an earlier run.</summary>
    public long SkipLines { get; init; }

    /// <summary>Called before each line is read: the prompt.</summary>
    public Action? BeforeLine { get; init; }

    public void Start() => new Thread(Read) { IsBackground = true, Name = "lines" }.Start();

    private void Read()
    {
        try
        {
            ReadLines();
            queue.End();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            queue.End(new CommandFailedException($"cannot read the input: {e.Message}", e));
        }
        catch (CommandFailedException e)
        {
            queue.End(e);
        }
    }

    private void ReadLines()
    {
        var reader = new LineReader(input);
        BeforeLine?.Invoke();
        while (reader.TryRead(out var line))
        {
            if (reader.LineNumber > SkipLines && !(shape.IsJson && line.Trim(" \t"u8).IsEmpty))
            {
                if (!queue.Add(Shape(line, reader.LineNumber), reader.LineNumber, reader.Position)) return;
            }
            BeforeLine?.Invoke();
        }
    }

    private KeyedLine Shape(ReadOnlySpan<byte> line, long lineNumber)
    {
        if (!keys.TryApply(line, out var keyed))
            throw new CommandFailedException($"line {Wording.Count(lineNumber)} has no key separator.");
        if (shape.IsJson) CheckJson(keyed.Value, lineNumber);
        return keyed;
    }

    // The value becomes part of the request as it stands: what is not exactly one JSON value would break out of it.
    private static void CheckJson(ReadOnlySpan<byte> value, long lineNumber)
    {
        try
        {
            var json = new Utf8JsonReader(value);
            json.Read();
            json.Skip();
            if (json.Read() || !Utf8.IsValid(value)) throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new CommandFailedException($"line {Wording.Count(lineNumber)} is not a JSON value; lines of text: --format text.", e);
        }
    }
}
