using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;

namespace RestBroker.Server.Contracts;

/// <summary>How records are to be stored and answered.</summary>
internal readonly record struct ProduceQuery
{
    [Description("When the answer is sent: `all` (committed, default), `leader` (written), `none` (202).")]
    [FromQuery(Name = "acks")]
    public string? Acks { get; init; }

    [Description("JSON only. With `true`, where some partitions took their records and others did not, the answer is 207 and not an error; `results` tells of each record.")]
    [FromQuery(Name = "partial")]
    public bool? Partial { get; init; }

    [Description("NDJSON only. `each` sends a line for each record as it is committed, for clients that read while they send; absent, a summary follows the upload.")]
    [FromQuery(Name = "receipts")]
    public string? Receipts { get; init; }

    [Description("Record batches only. With `true` the producer id, epoch and sequence are taken off each batch: for batches that were read out of a log, and are new records here.")]
    [FromQuery(Name = "dropProducer")]
    public bool? DropProducer { get; init; }

    internal Acks ParseAcks() => AcksText.Parse(Acks);

    /// <exception cref="BrokerException">InvalidRequest.</exception>
    internal bool WantsEach(bool isNdjson)
    {
        if (Receipts is null) return false;
        if (Receipts != "each") throw new BrokerException(BrokerError.InvalidRequest, $"receipts={Receipts}: give each, or leave it out for a summary.");
        if (!isNdjson) throw new BrokerException(BrokerError.InvalidRequest, "receipts=each is for uploads (application/x-ndjson); a JSON request is answered with all its receipts.");
        return true;
    }
}
