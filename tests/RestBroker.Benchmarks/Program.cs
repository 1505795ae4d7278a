using BenchmarkDotNet.Running;
using RestBroker.Benchmarks;
using RestBroker.Benchmarks.Limit;

return args switch
{
    [LimitProgram.Verb, var directory] => await LimitProgram.RunAsync(directory),
    ["micro", .. var filters] => BenchmarkSwitcher.FromAssembly(typeof(BenchRun).Assembly).Run(filters.Length > 0 ? filters : ["--filter", "*"]).Any() ? 0 : 1,
    _ => await BenchRun.RunAsync(args),
};
