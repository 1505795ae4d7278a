namespace RestBroker.Cli.Shell;

/// <summary>Whoever read standard output has seen enough (<c>| head</c>): the end, and no failure.</summary>
internal sealed class OutputClosedException(Exception cause) : Exception("standard output is closed", cause);
