using System.Buffers;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using RestBroker.Core.Errors;

namespace RestBroker.Server.Producing;

/// <summary>
/// Takes the records of a JSON request while its body comes: each is checked and, while nothing is wrong with the request, put into its
/// partition's batch at once, straight from the bytes it came in. Used for one request after another; not thread-safe.
/// </summary>
internal sealed class RecordIntake(ProduceWork work) : IDisposable
{
    private readonly RecordEnvelopeReader _envelope = new();
    private IntakeRules _rules;
    private DateTimeOffset _now;
    private ExceptionDispatchInfo? _refusal;

    /// <summary>How many records there were so far.</summary>
    public int Count { get; private set; }

    /// <summary>What is wrong with the request.</summary>
    public RecordFaults Faults => work.Faults;

    /// <summary>Begins a request, whose batches have begun.</summary>
    public void Begin(in IntakeRules rules)
    {
        (_rules, _refusal, Count) = (rules, null, 0);
        _envelope.Begin();
    }

    /// <summary>
    /// Takes what has come; see <see cref="RecordEnvelopeReader.Read"/>. Of a request that is to be refused, the rest is passed over: a client
    /// that still sends would not hear why.
    /// </summary>
    public SequencePosition Take(ReadOnlySequence<byte> bytes, bool isLast)
    {
        if (_refusal is not null) return bytes.End;
        _now = _rules.Time.GetUtcNow();
        try
        {
            return _envelope.Read(bytes, isLast, this);
        }
        catch (Exception e) when (e is JsonException or BrokerException or InvalidOperationException)
        {
            _refusal = ExceptionDispatchInfo.Capture(e);
            work.Batches.Dispose();
            return bytes.End;
        }
    }

    /// <summary>The body is over.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="InvalidOperationException">A name in it is not Unicode.</exception>
    /// <exception cref="BrokerException">All that is wrong with it. RequestTooLarge: it has more records than allowed.</exception>
    public void End()
    {
        _envelope.Dispose();
        _refusal?.Throw();
        _envelope.End(this);
        if (Faults.Any) throw Faults.ToRefusal();
    }

    /// <summary>Takes the record that the reader stands on the beginning of; false where its bytes end before it does.</summary>
    public bool TryTake(ref Utf8JsonReader json, ReadOnlyMemory<byte> source)
    {
        if (Count == _rules.MaxRecords)
        {
            throw new BrokerException(
                BrokerError.RequestTooLarge, $"More than {_rules.MaxRecords} records in one request. Send several requests, or stream NDJSON.");
        }

        Faults.Index = Count;
        var faultsBefore = Faults.Count;
        var isWhole = RecordJsonReader.TryRead(ref json, source, _rules.Limits.MaxValueDepth, Faults, out var record);
        if (isWhole) Take(record);
        else Faults.Truncate(faultsBefore);
        Faults.Index = -1;
        return isWhole;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _envelope.Dispose();
        (_rules, _refusal) = (default, null);
    }

    private void Take(in ProducedRecord record)
    {
        RecordRules.Check(record, _rules.Limits, _rules.PartitionCount, _now, Faults);
        if (_rules.Given is { } given && record.Partition is { } own && own != given)
            Faults.Add(BrokerError.InvalidPartitions, "/partition", $"The path says partition {given} of {_rules.Topic}.");
        if (Faults.IsFull) throw Faults.ToRefusal();
        Count++;
        if (!_rules.IsTrial && !Faults.Any) work.Add(record, _now.ToUnixTimeMilliseconds());
    }
}

/// <summary>What the records of a request must be.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Given">The partition in the path; null = each record its own.</param>
/// <param name="PartitionCount">How many partitions the topic has, or will have.</param>
/// <param name="Limits">What each may be.</param>
/// <param name="MaxRecords">How many there may be.</param>
/// <param name="Time">The broker's clock.</param>
internal readonly record struct IntakeRules(
    string Topic, int? Given, int PartitionCount, RecordLimits Limits, int MaxRecords, TimeProvider Time)
{
    /// <summary>Whether the records are only checked.</summary>
    public bool IsTrial { get; init; }
}
