using System.Text;

namespace RestBroker.Benchmarks.Load;

/// <summary>Requests as bytes.</summary>
internal static class HttpText
{
    public static byte[] Get(string path, string accept = "application/json") =>
        Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n");

    public static byte[] Post(string path, ReadOnlySpan<byte> body, string contentType = "application/json") =>
        [.. Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {contentType}\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];
}
