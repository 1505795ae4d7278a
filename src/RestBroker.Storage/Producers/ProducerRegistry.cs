using RestBroker.Core.Errors;
using RestBroker.Core.Producers;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage.Catalog;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Producers;

/// <summary>
/// Gives out producer ids and their epochs: a counter and a map in memory over the log <c>__restbroker_producers</c>. Ids are reserved in
/// blocks before one of them is told to anybody, so that none is given out twice whatever happens. Thread-safe.
/// </summary>
internal sealed class ProducerRegistry(TopicCatalog catalog, LiveProducers live, TimeProvider time) : IDisposable
{
    public const string TopicName = "__restbroker_producers";

    /// <summary>Ids of a block: a crash skips at most so many.</summary>
    private const long Block = 1_000;

    /// <summary>Where the log is damaged nobody knows what was reserved: so far beyond it nothing was.</summary>
    private const long DamageSkip = 1L << 40;

    /// <summary>Ids whose epoch may be raised; each costs some fifty bytes for ever.</summary>
    private const int MaxRaised = 1_000_000;

    private static readonly TopicSpec Spec = new(TopicName, 1, 1, new Dictionary<string, string>
    {
        ["cleanup.policy"] = "compact",
        ["segment.bytes"] = "16777216",
    });

    private readonly SemaphoreSlim _changing = new(1, 1);
    private Journal? _journal;
    private long _nextId;
    private long _reserved;

    /// <summary>Reads the log, if there is one yet. For the start.</summary>
    public void Open()
    {
        if (catalog.Find(TopicName) is not { } topic) return;
        _journal = new Journal(topic.Logs[0]);
        var isWhole = _journal.Replay(record =>
        {
            if (record.Key is not { } key || record.Value is not { } value) return;
            if (ProducerRecord.Parse(key.Span, value.Span) is not var (id, number)) return;
            if (id == ProducerRecord.CounterId) _reserved = Math.Max(_reserved, number);
            else live.SetEpoch(id, (short)number);
        });
        if (!isWhole) _reserved += DamageSkip;
        _nextId = _reserved;
    }

    /// <summary>The current epoch of an id.</summary>
    /// <exception cref="BrokerException">NotFound: it was never given out.</exception>
    public ProducerIdentity Describe(long producerId)
    {
        Require(producerId);
        return new ProducerIdentity(producerId, live.EpochOf(producerId));
    }

    /// <exception cref="BrokerException">NotFound: it was never given out.</exception>
    public void Require(long producerId)
    {
        if (producerId < 0 || producerId >= Volatile.Read(ref _nextId)) throw ProducerRefusal.Unknown(producerId);
    }

    /// <exception cref="BrokerException">NotFound, InvalidRange: the id, or the epoch of it, was never given out.</exception>
    public void Require(long producerId, short epoch)
    {
        Require(producerId);
        if (epoch > live.EpochOf(producerId)) throw ProducerRefusal.UnknownEpoch(producerId, epoch, live.EpochOf(producerId));
    }

    /// <summary>An id that nobody had.</summary>
    public async ValueTask<ProducerIdentity> GiveOutAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (_nextId == _reserved)
            {
                await StoreAsync(ProducerRecord.CounterId, _reserved + Block);
                _reserved += Block;
            }

            var id = _nextId;
            Volatile.Write(ref _nextId, id + 1);
            return new ProducerIdentity(id, 0);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Raises the epoch of an id. Whoever has an older one appends nothing once this has returned.</summary>
    public async ValueTask<ProducerIdentity> RaiseEpochAsync(long producerId, CancellationToken cancellationToken)
    {
        Require(producerId);
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var current = live.EpochOf(producerId);
            if (current == short.MaxValue)
                throw new BrokerException(BrokerError.LimitReached, $"Producer {producerId} has had every epoch there is. POST /v1/producers gives another id.");
            if (current == 0 && live.RaisedCount >= MaxRaised)
                throw new BrokerException(BrokerError.LimitReached, $"The epochs of {MaxRaised} producers have been raised. POST /v1/producers gives another id.");
            var raised = (short)(current + 1);
            await StoreAsync(producerId, raised);
            live.SetEpoch(producerId, raised);
            // An append that looked at the old epoch a moment ago has ended when its log has let us pass.
            foreach (var log in catalog.Snapshot.Topics.Values.SelectMany(topic => topic.Logs)) log.Pass();
            return new ProducerIdentity(producerId, raised);
        }
        finally
        {
            _changing.Release();
        }
    }

    public void Dispose() => _changing.Dispose();

    // Waited for to the end: whoever was cancelled half way would not know whether the epoch is raised.
    private async Task StoreAsync(long producerId, long number)
    {
        _journal ??= new Journal((catalog.Find(TopicName) ?? await catalog.CreateAsync(Spec, CancellationToken.None)).Logs[0]);
        using var builder = new RecordBatchBuilder();
        builder.Append(time.GetUtcNow().ToUnixTimeMilliseconds(), ProducerRecord.Key(producerId), ProducerRecord.Value(number));
        await _journal.Append(builder.Build()).Durable;
    }
}
