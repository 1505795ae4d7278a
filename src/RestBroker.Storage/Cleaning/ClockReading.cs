namespace RestBroker.Storage.Cleaning;

/// <summary>One moment by two clocks, in ms.</summary>
/// <param name="Wall">Since 1970, as the machine believes: somebody may set it.</param>
/// <param name="Steady">Since some moment, but nobody sets it.</param>
internal readonly record struct ClockReading(long Wall, long Steady);
