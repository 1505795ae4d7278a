using System.Text.Json;

namespace RestBroker.Server.Streaming;

/// <summary>How a page ends in every dress: where to go on, whether there is more now, and what could not be shown.</summary>
internal static class PageEnd
{
    public static void Write(Utf8JsonWriter json, ReadSession session, List<ReadNotice> gaps)
    {
        json.WriteString("cursor", Cursor.Format(session.Position));
        json.WriteBoolean("upToDate", session.IsUpToDate);
        if (gaps.Count == 0) return;
        json.WriteStartArray("gaps");
        foreach (var gap in gaps)
        {
            json.WriteStartObject();
            gap.WriteMembers(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
