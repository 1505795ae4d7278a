namespace RestBroker.Core.Errors;

/// <summary>
/// Everything RestBroker can refuse, by name. Names are Kafka's where Kafka has one.
/// <see cref="BrokerErrors"/> holds what each means on every face.
/// </summary>
public enum BrokerError
{
    /// <summary>No error: the value of a partition that was served.</summary>
    None,

    // 400: the request is not the published schema.
    InvalidRequest,
    InvalidJson,
    InvalidCursor,
    InvalidReceipt,

    // 403, 404, 405, 406
    OriginNotAllowed,
    NotFound,
    UnknownTopicOrPartition,
    OffsetNotFound,
    GroupIdNotFound,
    UnknownMemberId,
    MethodNotAllowed,
    NotAcceptable,

    // 409: the state says no.
    TopicAlreadyExists,
    TopicNameCollision,
    TopicRecreated,
    TopicRecentlyDeleted,
    TopicNotCompacted,
    PolicyViolation,
    LeaseFenced,
    GroupActive,
    GroupTypeMismatch,
    InvalidRecordState,
    ProducerFenced,
    OutOfOrderSequence,
    DuplicateSequence,
    IdempotencyKeyInUse,

    // 410, 412, 413, 415, 416
    OffsetTrimmed,
    RecordCorrupt,
    RecordDeleted,
    PreconditionFailed,
    RecordTooLarge,
    RequestTooLarge,
    UnsupportedMediaType,
    OffsetOutOfRange,

    // 411, 422, 428, 429
    LengthRequired,
    InvalidTopic,
    InvalidName,
    InvalidConfig,
    InvalidPartitions,
    InvalidReplicationFactor,
    InvalidRecord,
    InvalidTimestamp,
    InvalidRange,
    ReservedName,
    IdempotencyKeyReused,
    NotSupportedByEngine,
    PreconditionRequired,
    TooManyRequests,
    LimitReached,

    // 408, 500, 503, 507
    UnknownServerError,
    StorageFailed,
    TooManyStreams,
    ShuttingDown,
    RequestTimedOut,
    DiskFull,
}
