using RestBroker.Core.Errors;

namespace RestBroker.Server.Producing;

/// <summary>
/// Collects what is wrong with the records of a request, with JSON Pointers. A pointer is only spelt out where there is a fault: a good
/// record costs nothing here.
/// </summary>
/// <param name="prefix">The pointer of the array of records; empty where a record is the whole document.</param>
internal sealed class RecordFaults(string prefix)
{
    private const int MaxErrors = 100;

    private readonly List<FieldError> _errors = [];

    /// <summary>The batch at hand, where a request is of batches that a client made; null where it is not.</summary>
    public int? Batch { get; set; }

    /// <summary>The record at hand; -1 where the fault is not of one record.</summary>
    public int Index { get; set; } = -1;

    /// <summary>How many faults were found.</summary>
    public int Count => _errors.Count;

    /// <summary>Whether a fault was found.</summary>
    public bool Any => Count > 0;

    /// <summary>Whether there are so many that it is not worth reading on.</summary>
    public bool IsFull => _errors.Count > MaxErrors;

    /// <summary>Adds a fault of form at a member of the record at hand: <c>/key</c>.</summary>
    public void Add(string member, string detail) => Add(BrokerError.InvalidRequest, member, detail);

    /// <summary>Adds a fault at a member of the record at hand.</summary>
    public void Add(BrokerError error, string member, string detail)
    {
        if (IsFull) return;
        _errors.Add(new FieldError(Index < 0 ? member : $"{(Batch is { } batch ? $"/batches/{batch}" : "")}{prefix}/{Index}{member}", error, detail));
    }

    /// <summary>Forgets all but the first <paramref name="count"/>: what was read was not whole.</summary>
    public void Truncate(int count) => _errors.RemoveRange(count, _errors.Count - count);

    /// <summary>Forgets everything, for the next line of a stream or the next request.</summary>
    public void Clear()
    {
        _errors.Clear();
        (Batch, Index) = (null, -1);
    }

    /// <summary>The refusal that the faults amount to: form goes before rule, rule before size.</summary>
    public BrokerException ToRefusal()
    {
        var worst = _errors.MinBy(error => BrokerErrors.Of(error.Error).Status switch { 400 => 0, 422 => 1, _ => 2 })!;
        var more = _errors.Count == 1 ? "" : $" There are {(IsFull ? $"more than {MaxErrors}" : _errors.Count)} faults in all.";
        var place = worst.Pointer.Length == 0 ? "" : $"{worst.Pointer}: ";
        return new BrokerException(worst.Error, $"{place}{worst.Detail}{more}") { Errors = [.. _errors.Take(MaxErrors)] };
    }
}
