using System.Collections.Frozen;
using System.Text;

namespace RestBroker.Core.Errors;

/// <summary>
/// The one table of errors: name, HTTP status, Kafka code, retriable. Every face answers from it, and
/// <c>GET /v1/problems</c> publishes it. Kafka codes: https://kafka.apache.org/protocol#protocol_error_codes.
/// </summary>
public static class BrokerErrors
{
    private const bool Retriable = true;
    private const bool Final = false;

    /// <summary>Every error in the order of the enumeration, without <see cref="BrokerError.None"/>.</summary>
    public static IReadOnlyList<BrokerErrorInfo> All { get; } =
    [
        Row(BrokerError.InvalidRequest, 400, 42, Final, "The request is not of the published form"),
        Row(BrokerError.InvalidJson, 400, 42, Final, "The body is not valid JSON"),
        Row(BrokerError.InvalidCursor, 400, 42, Final, "The cursor cannot be read"),
        Row(BrokerError.InvalidReceipt, 400, 42, Final, "The receipt cannot be read"),
        Row(BrokerError.OriginNotAllowed, 403, 29, Final, "This web origin is not allowed"),
        Row(BrokerError.NotFound, 404, -1, Final, "No such resource"),
        Row(BrokerError.UnknownTopicOrPartition, 404, 3, Final, "No such topic or partition"),
        Row(BrokerError.OffsetNotFound, 404, 1, Final, "No record has this offset"),
        Row(BrokerError.GroupIdNotFound, 404, 69, Final, "No such group"),
        Row(BrokerError.UnknownMemberId, 404, 25, Final, "No such member"),
        Row(BrokerError.MethodNotAllowed, 405, -1, Final, "The resource does not have this method"),
        Row(BrokerError.NotAcceptable, 406, -1, Final, "None of the accepted media types is offered"),
        Row(BrokerError.TopicAlreadyExists, 409, 36, Final, "The topic exists"),
        Row(BrokerError.TopicNameCollision, 409, 17, Final, "The topic's name collides with another's"),
        Row(BrokerError.TopicRecreated, 409, 103, Final, "The topic was deleted and created again"),
        Row(BrokerError.TopicRecentlyDeleted, 409, 3, Retriable, "The topic was deleted a moment ago"),
        Row(BrokerError.TopicNotCompacted, 409, 44, Final, "The topic is not compacted"),
        Row(BrokerError.PolicyViolation, 409, 44, Final, "The topic's policy forbids this"),
        Row(BrokerError.LeaseFenced, 409, 110, Final, "The lease is no longer valid"),
        Row(BrokerError.GroupActive, 409, 68, Retriable, "The group has live members"),
        Row(BrokerError.GroupTypeMismatch, 409, 23, Final, "The group is of another type"),
        Row(BrokerError.InvalidRecordState, 409, 121, Final, "The record is not held under this receipt any more"),
        Row(BrokerError.ProducerFenced, 409, 90, Final, "A newer producer took over"),
        Row(BrokerError.OutOfOrderSequence, 409, 45, Final, "The sequence number leaves a gap"),
        Row(BrokerError.DuplicateSequence, 409, 46, Final, "The sequence number is older than what is remembered"),
        Row(BrokerError.IdempotencyKeyInUse, 409, 51, Retriable, "A request with this idempotency key is running"),
        Row(BrokerError.OffsetTrimmed, 410, 1, Final, "The offset lies before the start of the log"),
        Row(BrokerError.RecordCorrupt, 410, 2, Final, "The record is damaged on disk"),
        Row(BrokerError.RecordDeleted, 410, 1, Final, "The record was removed by compaction"),
        Row(BrokerError.PreconditionFailed, 412, -1, Final, "The precondition does not hold"),
        Row(BrokerError.RecordTooLarge, 413, 10, Final, "The record is too large"),
        Row(BrokerError.RequestTooLarge, 413, 10, Final, "The request is too large"),
        Row(BrokerError.UnsupportedMediaType, 415, -1, Final, "The content type is not accepted here"),
        Row(BrokerError.OffsetOutOfRange, 416, 1, Final, "The offset lies beyond the end of the log"),
        Row(BrokerError.LengthRequired, 411, -1, Final, "The request needs a Content-Length"),
        Row(BrokerError.InvalidTopic, 422, 17, Final, "The topic's name is not allowed"),
        Row(BrokerError.InvalidName, 422, 24, Final, "The name is not allowed"),
        Row(BrokerError.InvalidConfig, 422, 40, Final, "The setting is not allowed"),
        Row(BrokerError.InvalidPartitions, 422, 37, Final, "The partition is not allowed"),
        Row(BrokerError.InvalidReplicationFactor, 422, 38, Final, "The replication factor is not possible"),
        Row(BrokerError.InvalidRecord, 422, 87, Final, "A record breaks a rule"),
        Row(BrokerError.InvalidTimestamp, 422, 32, Final, "The timestamp is not allowed"),
        Row(BrokerError.InvalidRange, 422, 42, Final, "A value is outside its range"),
        Row(BrokerError.ReservedName, 422, 17, Final, "The name is reserved"),
        Row(BrokerError.IdempotencyKeyReused, 422, 42, Final, "The idempotency key belongs to another body"),
        Row(BrokerError.NotSupportedByEngine, 422, 35, Final, "That is not possible here"),
        Row(BrokerError.PreconditionRequired, 428, -1, Final, "The request needs a precondition"),
        Row(BrokerError.TooManyRequests, 429, 89, Retriable, "Too many requests"),
        Row(BrokerError.LimitReached, 429, 89, Retriable, "A limit of this broker is reached"),
        Row(BrokerError.UnknownServerError, 500, -1, Retriable, "The broker failed", SideEffects.Possible),
        Row(BrokerError.StorageFailed, 503, 56, Retriable, "The log cannot be written", SideEffects.Possible),
        Row(BrokerError.TooManyStreams, 503, 89, Retriable, "The broker serves as many streams as it may"),
        Row(BrokerError.ShuttingDown, 503, 8, Retriable, "The broker is shutting down"),
        Row(BrokerError.RequestTimedOut, 408, 7, Retriable, "The request did not arrive in time"),
        Row(BrokerError.DiskFull, 507, 56, Retriable, "The disk is full"),
    ];

    private static readonly FrozenDictionary<BrokerError, BrokerErrorInfo> ByError = All.ToFrozenDictionary(row => row.Error);

    /// <summary>The table's row of an error.</summary>
    public static BrokerErrorInfo Of(BrokerError error) => ByError[error];

    private static BrokerErrorInfo Row(
        BrokerError error, int status, short kafkaCode, bool retriable, string title, SideEffects sideEffects = SideEffects.None)
        => new(error, KebabCase(error.ToString()), title, status, kafkaCode, retriable, sideEffects);

    private static string KebabCase(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && text.Length > 0) text.Append('-');
            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
