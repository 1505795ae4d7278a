using Microsoft.Win32.SafeHandles;

namespace RestBroker.Cli.Shell;

/// <summary>The three standard streams and whether a person sits at them. Bytes in, bytes out; text only for what is said on standard error.</summary>
internal sealed record Terminal(Stream Input, Stream Output, TextWriter Error)
{
    public bool InputIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    public static Terminal OfProcess() => new(OpenInput(), OpenOutput(), OpenError())
    {
        InputIsTerminal = !Console.IsInputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
    };

    // The console's own streams read line by line from a terminal, and swallow a broken pipe, so that `consume | head` would read on for
    // ever. With a file they are right: they move the position that other processes of the shell share.
    private static Stream OpenInput() => OpenDescriptor(0, FileAccess.Read) ?? Console.OpenStandardInput();

    private static GuardedStream OpenOutput() => GuardedStream.Output(OpenDescriptor(1, FileAccess.Write) ?? Console.OpenStandardOutput());

    // Not the console's own writer: it would first switch the terminal's keypad.
    private static TextWriter OpenError() => TextWriter.Synchronized(
        new StreamWriter(GuardedStream.Error(OpenDescriptor(2, FileAccess.Write) ?? Console.OpenStandardError())) { AutoFlush = true });

    private static FileStream? OpenDescriptor(int number, FileAccess access)
    {
        if (OperatingSystem.IsWindows()) return null;
        try
        {
            var stream = new FileStream(new SafeFileHandle(number, ownsHandle: false), access, bufferSize: 0);
            return stream.CanSeek ? null : stream;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Closed by the parent, or something that is no file: the console decides.
            return null;
        }
    }
}
