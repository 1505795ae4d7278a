namespace RestBroker.Tests.Readme;

/// <summary>A fenced block of a Markdown file.</summary>
/// <param name="Line">The line of its first line of text, from 1.</param>
/// <param name="Language">What stands behind the fence.</param>
/// <param name="Text">Its lines.</param>
/// <param name="Section">How many headings stand before it: two blocks of one number belong together.</param>
internal sealed record FencedBlock(int Line, string Language, string Text, int Section)
{
    private const string Fence = "```";

    public static List<FencedBlock> All(string markdown)
    {
        var blocks = new List<FencedBlock>();
        var lines = markdown.ReplaceLineEndings("\n").Split('\n');
        var section = 0;
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith('#')) section++;
            if (!lines[i].StartsWith(Fence, StringComparison.Ordinal)) continue;
            var end = Array.FindIndex(lines, i + 1, line => line == Fence);
            if (end < 0) throw new FormatException($"The block of line {i + 1} has no end.");
            blocks.Add(new FencedBlock(i + 2, lines[i][Fence.Length..].Trim(), string.Join('\n', lines[(i + 1)..end]) + "\n", section));
            i = end;
        }

        return blocks;
    }
}
