using RestBroker.Fuzz;
using SharpFuzz;

// A target alone is fuzzed by afl-fuzz, which gives its inputs; with files, each is tried once. See tests/fuzz.sh.
if (args.Length == 0 || FuzzTargets.Find(args[0]) is not { } target)
{
    await Console.Error.WriteLineAsync($"Usage: RestBroker.Fuzz {string.Join('|', FuzzTargets.Names)} [FILE...]");
    return 2;
}

foreach (var file in args[1..]) target(await File.ReadAllBytesAsync(file));
if (args.Length > 1) return 0;

Fuzzer.OutOfProcess.Run(stream =>
{
    using var input = new MemoryStream();
    stream.CopyTo(input);
    target(input.ToArray());
});
return 0;
