namespace RestBroker.CrashTests.Disk;

/// <summary>
/// The names on a disk: those that programs see and those that are on the platters. What was done in a directory and not synced is
/// forgotten from some point on. Caller holds the disk's lock.
/// </summary>
internal sealed class DiskNames
{
    private readonly Dictionary<string, DiskFile> _files = [];
    private readonly HashSet<string> _directories = [];
    private readonly Dictionary<string, List<Action<DiskNames>>> _unsynced = [];
    private DiskNames? _durable;

    // Made when it is first needed: that of the platters has none of its own.
    private DiskNames Durable => _durable ??= new DiskNames();

    public IEnumerable<DiskFile> Files => _files.Values;

    public DiskFile? Find(string path) => _files.GetValueOrDefault(path);

    public string PathOf(DiskFile file) => _files.FirstOrDefault(entry => entry.Value == file).Key ?? "(no name)";

    public void Add(string path, DiskFile file) => Do(path, names => names._files[path] = file);

    public void Remove(string path) => Do(path, names => names._files.Remove(path));

    public void AddDirectory(string path)
    {
        for (; path.Length > 1 && !_directories.Contains(path); path = Path.GetDirectoryName(path)!)
        {
            var directory = path;
            Do(directory, names => names._directories.Add(directory));
        }
    }

    public void RemoveDirectory(string path) => Do(path, names =>
    {
        foreach (var file in names._files.Keys.Where(file => IsIn(file, path)).ToList()) names._files.Remove(file);
        names._directories.RemoveWhere(directory => directory == path || IsIn(directory, path));
    });

    public void Rename(string from, string to) => Do(from, names =>
    {
        if (names._files.Remove(from, out var file)) names._files[to] = file;
        if (!names._directories.Remove(from)) return;
        names._directories.Add(to);
        foreach (var inside in names._directories.Where(directory => IsIn(directory, from)).ToList())
        {
            names._directories.Remove(inside);
            names._directories.Add(to + inside[from.Length..]);
        }

        foreach (var inside in names._files.Keys.Where(path => IsIn(path, from)).ToList())
        {
            names._files.Remove(inside, out var moved);
            names._files[to + inside[from.Length..]] = moved!;
        }
    });

    public void Sync(string directory)
    {
        if (!_unsynced.Remove(directory, out var actions)) return;
        foreach (var action in actions) action(Durable);
    }

    public void SyncAll()
    {
        foreach (var directory in _unsynced.Keys.ToList()) Sync(directory);
    }

    public IReadOnlyList<string> FilesIn(string directory) => [.. _files.Keys.Where(path => Path.GetDirectoryName(path) == directory)];

    public IReadOnlyList<string> DirectoriesIn(string directory) => [.. _directories.Where(path => Path.GetDirectoryName(path) == directory)];

    /// <summary>As they are on the platters, and some of what was on its way there.</summary>
    public DiskNames AfterPowerCut(Random random)
    {
        foreach (var actions in _unsynced.Values)
        {
            foreach (var action in actions.Take(random.Next(actions.Count + 1))) action(Durable);
        }

        var left = new DiskNames();
        left._directories.UnionWith(Durable._directories.Where(Durable.IsReachable));
        foreach (var (path, file) in Durable._files.Where(entry => left._directories.Contains(Path.GetDirectoryName(entry.Key)!)))
            left._files[path] = file.AfterPowerCut(random);
        left._durable = new DiskNames();
        left._durable._directories.UnionWith(left._directories);
        foreach (var (path, file) in left._files) left._durable._files[path] = file;
        return left;
    }

    private static bool IsIn(string path, string directory) => path.StartsWith(directory + "/", StringComparison.Ordinal);

    private bool IsReachable(string path)
    {
        for (; path.Length > 1; path = Path.GetDirectoryName(path)!)
            if (!_directories.Contains(path)) return false;
        return true;
    }

    private void Do(string path, Action<DiskNames> action)
    {
        action(this);
        var parent = Path.GetDirectoryName(path)!;
        if (!_unsynced.TryGetValue(parent, out var actions)) _unsynced[parent] = actions = [];
        actions.Add(action);
    }
}
