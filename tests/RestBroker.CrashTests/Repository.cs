namespace RestBroker.CrashTests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo? directory)
    {
        for (; directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "RestBroker.sln"))) return directory.FullName;
        throw new DirectoryNotFoundException($"No RestBroker.sln above {AppContext.BaseDirectory}.");
    }
}
