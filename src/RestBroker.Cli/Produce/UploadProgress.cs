using System.Text;
using RestBroker.Cli.Shell;
using Spectre.Console;

namespace RestBroker.Cli.Produce;

/// <summary>A bar on standard error for a file, if a person looks at it.</summary>
internal static class UploadProgress
{
    /// <summary>The upload is given where to write lines and, if there is a bar, where to report the position in the file.</summary>
    public static async Task<T> ShowAsync<T>(Terminal terminal, string name, long length, Func<TextWriter, Action<long>?, Task<T>> upload)
    {
        if (!terminal.ErrorIsTerminal || length == 0) return await upload(terminal.Error, null);
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Error),
            Interactive = InteractionSupport.Yes,
            Ansi = Environment.GetEnvironmentVariable("TERM") is null or "dumb" ? AnsiSupport.No : AnsiSupport.Yes,
        });
        return await console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(Markup.Escape(name), maxValue: length);
                return await upload(new LinesAboveBar(console), position => task.Value = position);
            });
    }

    /// <summary>Lines written past the bar's back would be painted over by it.</summary>
    private sealed class LinesAboveBar(IAnsiConsole console) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value) => console.WriteLine(value ?? "");
    }
}
