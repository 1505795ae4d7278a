using RestBroker.Core.Errors;

namespace RestBroker.Tests.Errors;

public sealed class BrokerErrorsTests
{
    /// <summary>What clients were promised: the codes that the API's page names, with their statuses.</summary>
    public static TheoryData<string, int> Promised => new()
    {
        { "invalid-request", 400 },
        { "invalid-cursor", 400 },
        { "origin-not-allowed", 403 },
        { "unknown-topic-or-partition", 404 },
        { "group-id-not-found", 404 },
        { "unknown-member-id", 404 },
        { "method-not-allowed", 405 },
        { "not-acceptable", 406 },
        { "topic-already-exists", 409 },
        { "topic-recreated", 409 },
        { "lease-fenced", 409 },
        { "producer-fenced", 409 },
        { "out-of-order-sequence", 409 },
        { "duplicate-sequence", 409 },
        { "offset-trimmed", 410 },
        { "record-corrupt", 410 },
        { "length-required", 411 },
        { "precondition-failed", 412 },
        { "record-too-large", 413 },
        { "request-too-large", 413 },
        { "unsupported-media-type", 415 },
        { "offset-out-of-range", 416 },
        { "invalid-topic", 422 },
        { "invalid-config", 422 },
        { "not-supported-by-engine", 422 },
        { "precondition-required", 428 },
        { "too-many-requests", 429 },
        { "storage-failed", 503 },
        { "shutting-down", 503 },
        { "disk-full", 507 },
    };

    /// <summary>The statuses of the API's page, those of a server that fails or gives up, and 408 and 499 for a client that does.</summary>
    private static readonly int[] Statuses =
        [400, 401, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 415, 416, 422, 428, 429, 499, 500, 503, 507];

    [Fact]
    public void Every_error_has_one_row_in_the_order_of_the_enumeration()
    {
        var errors = Enum.GetValues<BrokerError>().Where(error => error != BrokerError.None);

        Assert.Equal(errors.Order(), BrokerErrors.All.Select(row => row.Error).Order());
        Assert.All(errors, error => Assert.Equal(error, BrokerErrors.Of(error).Error));
    }

    [Fact]
    public void Codes_are_kebab_case_and_unique()
    {
        Assert.Equal(BrokerErrors.All.Count, BrokerErrors.All.Select(row => row.Code).Distinct().Count());
        Assert.All(BrokerErrors.All, row => Assert.Matches("^[a-z]+(-[a-z]+)*$", row.Code));
    }

    [Fact]
    public void Titles_are_unique_sentences_without_a_full_stop()
    {
        Assert.Equal(BrokerErrors.All.Count, BrokerErrors.All.Select(row => row.Title).Distinct().Count());
        Assert.All(BrokerErrors.All, row => Assert.Matches("^[A-Z].*[^.]$", row.Title));
    }

    [Fact]
    public void Statuses_are_the_contracts_and_Kafka_codes_exist()
    {
        Assert.All(BrokerErrors.All, row => Assert.Contains(row.Status, Statuses));
        Assert.All(BrokerErrors.All, row => Assert.True(row.KafkaCode is -1 or (> 0 and < 135), $"{row.Code}: {row.KafkaCode}"));
    }

    [Fact]
    public void What_a_client_did_wrong_is_not_retriable_and_leaves_nothing_behind()
    {
        var refusals = BrokerErrors.All.Where(row => row.Status is 400 or (>= 403 and <= 406) or (>= 410 and <= 428));

        Assert.All(refusals, row => Assert.True(row is { Retriable: false, SideEffects: SideEffects.None }, row.Code));
    }

    [Fact]
    public void What_the_broker_failed_at_is_retriable() =>
        Assert.All(BrokerErrors.All.Where(row => row.Status is 429 or >= 500), row => Assert.True(row.Retriable, row.Code));

    [Theory]
    [MemberData(nameof(Promised))]
    public void A_code_that_was_promised_has_its_status(string code, int status) =>
        Assert.Equal(status, BrokerErrors.All.Single(row => row.Code == code).Status);

    [Fact]
    public void An_exception_takes_its_side_effects_from_the_table_unless_told()
    {
        var failed = new BrokerException(BrokerError.StorageFailed, "x");
        var refused = new BrokerException(BrokerError.StorageFailed, "x") { SideEffects = SideEffects.None };

        Assert.Equal((SideEffects.Possible, SideEffects.None), (failed.SideEffects, refused.SideEffects));
    }
}
