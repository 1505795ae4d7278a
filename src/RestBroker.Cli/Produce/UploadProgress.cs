using RestBroker.Cli.Shell;
using Spectre.Console;

namespace RestBroker.Cli.Produce;

/// <summary>A bar on standard error for a file, if a person looks at it.</summary>
internal static class UploadProgress
{
    public static async Task ShowAsync(Terminal terminal, string name, long length, Func<Action<long>?, Task> upload)
    {
        if (!terminal.ErrorIsTerminal || length == 0)
        {
            await upload(null);
            return;
        }
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Error) });
        await console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(Markup.Escape(name), maxValue: length);
                await upload(position => task.Value = position);
            });
    }
}
