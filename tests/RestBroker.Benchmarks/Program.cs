using BenchmarkDotNet.Running;
using RestBroker.Benchmarks;
using RestBroker.Benchmarks.Limit;
using RestBroker.Benchmarks.Micro;
using RestBroker.Benchmarks.Processes;

Descriptors.RaiseToTheMost();
return args switch
{
    [LimitProgram.Verb, var directory] => await LimitProgram.RunAsync(directory),
    ["micro", .. var wishes] => BenchmarkSwitcher.FromAssembly(typeof(BenchRun).Assembly).Run(MicroArguments.Of(wishes)).Any() ? 0 : 1,
    _ => await BenchRun.RunAsync(args),
};
