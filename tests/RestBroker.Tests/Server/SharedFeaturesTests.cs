using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using RestBroker.Server.Composition;

namespace RestBroker.Tests.Server;

/// <summary>What all requests share must not leak from one into the next on the same connection.</summary>
public sealed class SharedFeaturesTests
{
    [Fact]
    public async Task A_query_is_heard_behind_a_request_that_had_none()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        const string Body = """{"records":[{"text":"one"}]}""";

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await broker.PostAsync("/v1/topics/orders/records", Body)).Status);
            Assert.Equal(202, (await broker.PostAsync("/v1/topics/orders/records?acks=none", Body)).Status);
            Assert.Equal(400, (await broker.PostAsync("/v1/topics/orders/records?ack=none", Body)).Status);
        }
    }

    [Fact]
    public void Every_service_lives_as_long_as_the_broker_so_that_no_request_needs_a_scope()
    {
        var builder = WebApplication.CreateBuilder();

        builder.AddRestBroker();

        Assert.All(
            builder.Services.Where(service => service.ServiceType.Assembly.GetName().Name!.StartsWith("RestBroker", StringComparison.Ordinal)),
            service => Assert.Equal(ServiceLifetime.Singleton, service.Lifetime));
    }
}
