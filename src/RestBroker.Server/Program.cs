using RestBroker.Server.Composition;
using RestBroker.Server.Endpoints;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddRestBroker();

var app = builder.Build();
app.UseRestBroker();

var api = app.MapApi();
api.MapTopics();
api.MapPartitions();
api.MapProduce();
api.MapFetch();
api.MapEvents();
api.MapGroups();
api.MapGroupMembers();
api.MapProblems();
app.MapHealth();
app.MapOpenApiAndSwagger();

app.Run();
