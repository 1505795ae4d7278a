namespace RestBroker.Cli.Shell;

/// <summary>The end of a command that has a readable reason; the message is the one line that the user sees.</summary>
internal sealed class CommandFailedException(string message, Exception? cause = null) : Exception(message, cause);
