using Microsoft.Extensions.ObjectPool;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Producing;

/// <summary>
/// What one request needs while its records are stored, used again by a later one: a request leaves nothing to collect. Rented and
/// disposed once, by whom it belongs to; its memory goes back to the shared pool meanwhile. Not thread-safe.
/// </summary>
internal sealed class ProduceWork : IDisposable
{
    // As many requests as usually wait for one sync; more at once are made anew.
    private const int MaxKept = 1_024;

    // Most bodies of batches are one batch; what many have needed is not kept for all.
    private const int MaxKeptBatches = 64;

    private static readonly DefaultObjectPool<ProduceWork> Pool = new(new DefaultPooledObjectPolicy<ProduceWork>(), MaxKept);

    private int _isRented;

    public ProduceWork() => Intake = new RecordIntake(this);

    /// <summary>The request's body, where it has to be there as a whole; given back as soon as its records are in batches.</summary>
    public PooledBuffer Body { get; } = new(capacity: 0);

    /// <summary>Takes the records of a JSON body.</summary>
    public RecordIntake Intake { get; }

    /// <summary>What is wrong with them.</summary>
    public RecordFaults Faults { get; } = new("/records");

    /// <summary>The batches that the records are put into.</summary>
    public PartitionBatches Batches { get; } = new();

    /// <summary>Where each of them is.</summary>
    public RecordPlaces Places { get; } = new();

    /// <summary>The batches of a request that brought its own, which are views of the body.</summary>
    public List<RecordBatch> OwnBatches { get; } = [];

    /// <summary>Reads them.</summary>
    public RecordBatchReader Reader { get; } = new();

    /// <summary>Where they are now.</summary>
    public List<BatchReceiptResponse> Receipts { get; } = [];

    /// <summary>The answer's body.</summary>
    public PooledBuffer Answer { get; } = new(capacity: 0);

    /// <summary>One that nobody else uses until it is disposed.</summary>
    public static ProduceWork Rent()
    {
        var work = Pool.Get();
        work._isRented = 1;
        return work;
    }

    /// <summary>Puts a record into its batch.</summary>
    /// <param name="record">The record, of which nothing is needed afterwards.</param>
    /// <param name="now">Its timestamp where it has none, in ms since 1970.</param>
    public void Add(in ProducedRecord record, long now)
    {
        var (partition, index) = Batches.Add(record, now);
        Places.Add(new RecordPlace(partition, index, record.Timestamp ?? now, record.Timestamp is not null));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Given back twice it would serve two requests at once.
        if (Interlocked.Exchange(ref _isRented, 0) == 0) return;
        Body.Dispose();
        Intake.Dispose();
        Faults.Clear();
        Batches.Dispose();
        Places.Dispose();
        Empty(OwnBatches);
        Empty(Receipts);
        Answer.Dispose();
        Pool.Return(this);
    }

    private static void Empty<T>(List<T> list)
    {
        list.Clear();
        if (list.Capacity > MaxKeptBatches) list.Capacity = 0;
    }
}
