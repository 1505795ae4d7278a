using RestBroker.Cli.Commands;
using RestBroker.Cli.Shell;

using var interruption = Interruption.OfProcess();
return await CommandLine.RunAsync(args, Terminal.OfProcess(), interruption);
