using System.Buffers;
using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Producing;

/// <summary>
/// What became of an upload: at most a hundred lines <c>{"line":n,"code":…}</c> and one last line with the counts, so that a cut answer
/// is seen to be cut. Thread-safe: lines are read while earlier ones are appended.
/// </summary>
internal sealed class NdjsonSummary
{
    private const int MaxErrorLines = 100;

    private readonly Lock _gate = new();
    private readonly List<(long Line, BrokerException Refusal)> _errors = [];
    private readonly SortedDictionary<int, (long First, long Last, long Count)> _partitions = [];
    private long _ok;
    private long _failed;
    private volatile bool _broken;

    /// <summary>Whether an append failed, so that reading on would only make more of the same.</summary>
    public bool IsBroken => _broken;

    /// <summary>Records that were appended.</summary>
    public long StoredCount => Volatile.Read(ref _ok);

    /// <summary>Counts records that were appended.</summary>
    public void Stored(int partition, long baseOffset, int count)
    {
        lock (_gate)
        {
            var first = _partitions.TryGetValue(partition, out var known) ? known.First : baseOffset;
            _partitions[partition] = (first, baseOffset + count - 1, known.Count + count);
            _ok += count;
        }
    }

    /// <summary>Counts a line that was refused.</summary>
    public void Failed(long line, BrokerException refusal) => Count(line, 1, refusal);

    /// <summary>Counts records whose append failed; the upload ends there.</summary>
    public void Broken(long firstLine, int count, BrokerException refusal)
    {
        _broken = true;
        Count(firstLine, count, refusal);
    }

    /// <summary>Writes the lines.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        foreach (var (line, refusal) in _errors)
        {
            using var json = new Utf8JsonWriter(output, ApiJson.WriterOptions);
            json.WriteStartObject();
            json.WriteNumber("line", line);
            json.WriteString("code", BrokerErrors.Of(refusal.Error).Code);
            json.WriteString("detail", refusal.Message);
            if (refusal.Members.GetValueOrDefault("nextSequence") is int nextSequence) json.WriteNumber("nextSequence", nextSequence);
            if (IsBroken) json.WriteString("sideEffects", refusal.SideEffects == SideEffects.None ? "none" : "possible");
            json.WriteEndObject();
            json.Flush();
            output.Write("\n"u8);
        }

        WriteEnd(output);
    }

    private void WriteEnd(IBufferWriter<byte> output)
    {
        using (var json = new Utf8JsonWriter(output, ApiJson.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteBoolean("end", true);
            json.WriteNumber("ok", _ok);
            json.WriteNumber("failed", _failed);
            json.WriteStartArray("partitions");
            foreach (var (partition, (first, last, count)) in _partitions)
            {
                json.WriteStartObject();
                json.WriteNumber("partition", partition);
                json.WriteNumber("firstOffset", first);
                json.WriteNumber("lastOffset", last);
                json.WriteNumber("count", count);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private void Count(long line, int count, BrokerException refusal)
    {
        lock (_gate)
        {
            _failed += count;
            if (_errors.Count < MaxErrorLines) _errors.Add((line, refusal));
        }
    }
}
