using System.Buffers;
using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;

namespace RestBroker.Server.Producing;

/// <summary>
/// Reads <c>{"records":[R,…]}</c> while its bytes come, and hands on each record once it is there as a whole. The bytes are read where they
/// lie, in the blocks of the connection; only what lies across two of them is put together first. Not thread-safe.
/// </summary>
internal sealed class RecordEnvelopeReader : IDisposable
{
    // Deep enough that a value's own limit is found by name and not as broken JSON.
    private const int ReaderDepth = 1_000;

    // What is put together across blocks is that much longer than the last record, which as a rule is enough.
    private const int Slack = 256;

    private readonly PooledBuffer _seam = new(capacity: 0);
    private JsonReaderState _state;
    private Place _place;
    private bool _hasRecords;
    private int _lastSize;
    private long _wanted;
    private Turns _turn;

    private enum Place
    {
        Mark,
        Start,
        Members,
        Records,
        Behind,
    }

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The bytes without the mark that some editors put first.</summary>
    public static ReadOnlyMemory<byte> WithoutByteOrderMark(ReadOnlyMemory<byte> bytes) =>
        bytes.Span.StartsWith(ByteOrderMark) ? bytes[ByteOrderMark.Length..] : bytes;

    /// <summary>A reader over bytes that may hold a value deeper than allowed.</summary>
    public static Utf8JsonReader Reader(ReadOnlyMemory<byte> bytes) => new(bytes.Span, isFinalBlock: true, StateOf());

    /// <summary>Begins another body.</summary>
    public void Begin()
    {
        (_state, _place, _hasRecords, _lastSize) = (StateOf(), Place.Mark, false, 0);
        (_wanted, _turn) = (ByteOrderMark.Length, default);
    }

    /// <summary>Reads what can be read. Returns where the rest begins, which is to come again with what follows it.</summary>
    /// <param name="bytes">The rest of before and what has come since.</param>
    /// <param name="isLast">Whether nothing will follow.</param>
    /// <param name="intake">Takes the records, and the faults of what is around them.</param>
    /// <exception cref="JsonException">The body is not JSON.</exception>
    /// <exception cref="InvalidOperationException">A name in it is not Unicode.</exception>
    /// <exception cref="BrokerException">What the intake refuses.</exception>
    public SequencePosition Read(ReadOnlySequence<byte> bytes, bool isLast, RecordIntake intake)
    {
        // A record that was not whole is read again from its beginning: not for every packet of a long one.
        if (bytes.Length < _wanted && !isLast) return bytes.Start;
        var rest = _place == Place.Mark ? WithoutByteOrderMark(bytes) : bytes;
        if (_place == Place.Mark) _place = Place.Start;
        while (true)
        {
            var isLastBlock = rest.IsSingleSegment;
            rest = rest.Slice(ReadUnits(rest.First, isLast && isLastBlock, intake));
            if (isLastBlock || (!rest.IsSingleSegment && !TryReadAcross(ref rest, isLast, intake))) break;
        }

        _wanted = rest.Length * 2;
        return rest.Start;
    }

    /// <summary>Notes what the body lacks once it was read to its end.</summary>
    public void End(RecordIntake intake)
    {
        if (!_hasRecords) intake.Faults.Add("", "The member records is missing: {\"records\":[{\"value\":…}]}.");
        else if (intake.Count == 0 && !intake.Faults.Any) intake.Faults.Add("/records", "There is no record in it.");
    }

    /// <inheritdoc/>
    public void Dispose() => _seam.Dispose();

    private static JsonReaderState StateOf() => new(new JsonReaderOptions { MaxDepth = ReaderDepth });

    private static ReadOnlySequence<byte> WithoutByteOrderMark(ReadOnlySequence<byte> bytes)
    {
        Span<byte> head = stackalloc byte[(int)Math.Min(bytes.Length, ByteOrderMark.Length)];
        bytes.Slice(0, head.Length).CopyTo(head);
        return head.SequenceEqual(ByteOrderMark) ? bytes.Slice(head.Length) : bytes;
    }

    // Reads one unit out of a copy of as many bytes as it may have, and then of ever more. Of one that was begun before there is more now.
    private bool TryReadAcross(ref ReadOnlySequence<byte> rest, bool isLast, RecordIntake intake)
    {
        for (var size = Math.Max(Math.Max(_lastSize, rest.First.Length), _wanted) + Slack; ; size *= 2)
        {
            var isAll = size >= rest.Length;
            var copied = isAll ? rest : rest.Slice(0, size);
            _seam.Truncate(0);
            _seam.Reserve((int)copied.Length);
            foreach (var block in copied) _seam.Write(block.Span);
            var taken = ReadUnits(_seam.Written, isLast && isAll, intake, maxUnits: 1);
            rest = rest.Slice(taken);
            if (taken > 0) return true;
            if (isAll) return false;
        }
    }

    // How many bytes the units took that the bytes hold as a whole.
    private int ReadUnits(ReadOnlyMemory<byte> bytes, bool isLast, RecordIntake intake, int maxUnits = int.MaxValue)
    {
        var json = new Utf8JsonReader(bytes.Span, isLast, _state);
        var taken = 0;
        for (var i = 0; i < maxUnits && TryRead(ref json, bytes, intake); i++)
        {
            _lastSize = (int)json.BytesConsumed - taken;
            (taken, _state, _wanted) = ((int)json.BytesConsumed, json.CurrentState, 0);
            if (_turn.IsOver(_lastSize + Turns.RecordSize)) Turns.YieldThread();
        }

        return taken;
    }

    // A unit is a record, or a step of what is around the records. False where the bytes end before it does.
    private bool TryRead(ref Utf8JsonReader json, ReadOnlyMemory<byte> bytes, RecordIntake intake)
    {
        if (!json.Read()) return false;
        switch (_place)
        {
            case Place.Start:
                _place = json.TokenType == JsonTokenType.StartObject ? Place.Members : Place.Behind;
                _hasRecords = _place == Place.Behind; // or that they are missing would be said as well
                if (_hasRecords) intake.Faults.Add("", "The body is an object: {\"records\":[…]}.");
                return true;
            case Place.Members when json.TokenType == JsonTokenType.PropertyName:
                return TryReadMember(ref json, intake);
            case Place.Records when json.TokenType != JsonTokenType.EndArray:
                return intake.TryTake(ref json, bytes);
            case Place.Members or Place.Records:
                _place = _place == Place.Records ? Place.Members : Place.Behind;
                return true;
            default:
                // Whatever follows must be JSON too: the reader throws where it is not.
                return true;
        }
    }

    private bool TryReadMember(ref Utf8JsonReader json, RecordIntake intake)
    {
        var isRecords = json.ValueTextEquals("records"u8);
        var name = isRecords ? "records" : json.GetString();
        if (!json.Read()) return false;
        if (isRecords && !_hasRecords && json.TokenType == JsonTokenType.StartArray)
        {
            (_place, _hasRecords) = (Place.Records, true);
            return true;
        }

        if (!json.TrySkip()) return false;
        intake.Faults.Add($"/{name}", !isRecords ? "There is only one member here: records." : _hasRecords ? "The member is repeated." : "records is an array of records.");
        _hasRecords |= isRecords;
        return true;
    }
}
