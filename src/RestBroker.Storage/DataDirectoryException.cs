namespace RestBroker.Storage;

/// <summary>The data directory cannot be used as it is; nothing in it was changed. The message says what to do.</summary>
public sealed class DataDirectoryException(string message, Exception? innerException = null) : Exception(message, innerException);
