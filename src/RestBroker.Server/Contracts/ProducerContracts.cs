namespace RestBroker.Server.Contracts;

/// <summary>A producer's identity.</summary>
/// <param name="ProducerId">Its id, for the header Producer-Id.</param>
/// <param name="Epoch">Its current epoch, for the header Producer-Epoch.</param>
public sealed record ProducerResponse(long ProducerId, short Epoch);

/// <summary>Where a producer stands in a partition.</summary>
/// <param name="ProducerId">Its id.</param>
/// <param name="Epoch">Its current epoch.</param>
/// <param name="NextSequence">The sequence of its next record there, for the header Producer-Seq.</param>
public sealed record ProducerStateResponse(long ProducerId, short Epoch, int NextSequence);
