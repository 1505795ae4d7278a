using RestBroker.Server.Composition;
using RestBroker.Server.Endpoints;

if (ServerHelp.IsAskedFor(args)) return ServerHelp.Show();
if (LogCommand.IsAskedFor(args)) return await LogCommand.RunAsync(args[1..], Console.Out, Console.Error);
if (ServerArguments.Explain(args) is { } mistake)
{
    await Console.Error.WriteLineAsync($"RestBroker did not start: {mistake}");
    return 1;
}

try
{
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    builder.AddRestBroker();

    var app = builder.Build();
    app.UseRestBroker();

    var api = app.MapApi();
    api.MapTopics();
    api.MapPartitions();
    api.MapProduce();
    api.MapValues();
    api.MapProducers();
    api.MapFetch();
    api.MapEvents();
    api.MapGroups();
    api.MapGroupMembers();
    api.MapProblems();
    app.MapHealth();
    app.MapOpenApiAndSwagger();

    await app.RunAsync();
    return 0;
}
catch (Exception fault) when (StartupFault.Explain(fault) is { } explanation)
{
    await Console.Error.WriteLineAsync($"RestBroker did not start: {explanation}");
    return 1;
}
