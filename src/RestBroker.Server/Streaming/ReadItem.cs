using RestBroker.Core.Records;

namespace RestBroker.Server.Streaming;

/// <summary>What a session gives next: a record, or a notice. A record is a view, valid until the next one is asked for.</summary>
internal readonly struct ReadItem
{
    public ReadItem(ReadNotice notice)
    {
        Notice = notice;
        Topic = notice.Topic ?? "";
    }

    public ReadItem(string topic, int partition, in Record record)
    {
        Topic = topic;
        Partition = partition;
        Record = record;
    }

    /// <summary>Null for a record.</summary>
    public ReadNotice? Notice { get; }

    public string Topic { get; }

    public int Partition { get; }

    public Record Record { get; }
}
