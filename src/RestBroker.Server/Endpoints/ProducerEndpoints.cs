using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Endpoints;

/// <summary>Producer ids: what an upload that may be cut needs, so that it can go on where it was.</summary>
internal static class ProducerEndpoints
{
    public static void MapProducers(this IEndpointRouteBuilder api)
    {
        var producers = api.MapGroup("/producers").WithTags("Produce");
        producers.MapPost("", CreateProducerAsync);
        producers.MapPost("/{producerId:long}/epoch", RaiseProducerEpochAsync);
        producers.MapGet("/{producerId:long}", GetProducerAsync);
    }

    /// <summary>
    /// Gives out a producer id that nobody had. With it in the headers <c>Producer-Id</c>, <c>Producer-Epoch</c> and <c>Producer-Seq</c> of
    /// POST /v1/topics/{topic}/partitions/{partition}/records a record is stored once, however often it is sent.
    /// </summary>
    internal static async Task<Created<ProducerResponse>> CreateProducerAsync(ILogEngine engine, CancellationToken cancellationToken)
    {
        Require(engine);
        var created = await engine.InitProducerAsync(null, cancellationToken);
        return TypedResults.Created($"/v1/producers/{created.ProducerId}", new ProducerResponse(created.ProducerId, created.Epoch));
    }

    /// <summary>Raises the epoch of a producer id: whoever still sends with an older one is refused from now on. Sequences begin at 0 again.</summary>
    /// <param name="engine">The log.</param>
    /// <param name="producerId">The id.</param>
    /// <param name="cancellationToken">Ends with the request.</param>
    internal static async Task<Ok<ProducerResponse>> RaiseProducerEpochAsync(ILogEngine engine, long producerId, CancellationToken cancellationToken)
    {
        Require(engine);
        var raised = await engine.InitProducerAsync(producerId, cancellationToken);
        return TypedResults.Ok(new ProducerResponse(raised.ProducerId, raised.Epoch));
    }

    /// <summary>The sequence that a producer's next record in a partition must have: an upload that was cut goes on there.</summary>
    /// <param name="engine">The log.</param>
    /// <param name="producerId">The id.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="cancellationToken">Ends with the request.</param>
    internal static async Task<Ok<ProducerStateResponse>> GetProducerAsync(
        ILogEngine engine, long producerId, [FromQuery] string topic, [FromQuery] int partition, CancellationToken cancellationToken)
    {
        Require(engine);
        (await engine.GetTopicAsync(topic, cancellationToken)).RequirePartition(partition);
        var current = await engine.DescribeProducerAsync(producerId, cancellationToken);
        var known = (await engine.FindProducerAsync(topic, producerId, cancellationToken)).FirstOrDefault(status => status.Partition == partition);
        var nextSequence = known.Epoch == current.Epoch ? known.NextSequence : 0;
        return TypedResults.Ok(new ProducerStateResponse(producerId, current.Epoch, nextSequence));
    }

    private static void Require(ILogEngine engine)
    {
        if (!engine.Features.HasFlag(EngineFeatures.ProducerState))
            throw new BrokerException(BrokerError.NotSupportedByEngine, "This engine remembers no producers.");
    }
}
