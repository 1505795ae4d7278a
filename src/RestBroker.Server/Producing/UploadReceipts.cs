using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming;

namespace RestBroker.Server.Producing;

/// <summary>
/// A line for each record of an upload as it is committed, and for each line that is refused, while the upload goes on. A client that does
/// not read them holds the upload up, and is cut off when it reads nothing for too long. Thread-safe.
/// </summary>
internal sealed class UploadReceipts(StreamOutput output) : IDisposable
{
    private const int MaxRefusalsHeldBack = 100;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly List<(long Line, BrokerException Refusal)> _refused = [];

    /// <summary>Whether there are enough refusals to send them before more lines are read.</summary>
    public bool IsFlushDue
    {
        get
        {
            lock (_refused) return _refused.Count >= MaxRefusalsHeldBack;
        }
    }

    /// <summary>Notes a line that was refused; the next flush sends it.</summary>
    public void Refused(long line, BrokerException refusal)
    {
        lock (_refused) _refused.Add((line, refusal));
    }

    /// <summary>Sends the receipts of records that are stored, and what was refused meanwhile.</summary>
    public async Task StoredAsync(IEnumerable<(long Line, Receipt Receipt)> stored)
    {
        await _turn.WaitAsync();
        try
        {
            foreach (var (line, receipt) in stored)
            {
                Write(line, receipt);
                if (output.IsLarge) await output.FlushAsync();
            }

            WriteRefused();
            await output.FlushAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Sends what was refused.</summary>
    public Task FlushAsync() => StoredAsync([]);

    /// <summary>Sends the last line.</summary>
    public async Task EndAsync(NdjsonSummary summary)
    {
        await FlushAsync();
        summary.WriteEnd(output.Buffer);
        await output.FlushAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _turn.Dispose();
        output.Dispose();
    }

    private void Write(long line, in Receipt receipt)
    {
        using (var json = new Utf8JsonWriter(output.Buffer, ApiJson.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteNumber("line", line);
            json.WriteNumber("partition", receipt.Partition);
            json.WriteNumber("offset", receipt.Offset);
            json.WriteNumber("timestamp", receipt.Timestamp);
            json.WriteEndObject();
        }

        output.Buffer.Write("\n"u8);
    }

    private void WriteRefused()
    {
        lock (_refused)
        {
            foreach (var (line, refusal) in _refused) NdjsonSummary.WriteRefusal(output.Buffer, line, refusal);
            _refused.Clear();
        }
    }
}
