using System.Net.Sockets;

namespace RestBroker.Cli.Client;

/// <summary>No answer came: either nobody was there, or the connection ended before the answer did.</summary>
internal sealed class BrokerUnreachableException : Exception
{
    public BrokerUnreachableException(Uri server, Exception cause) : base(Describe(server, cause), cause)
    {
        NothingSent = FailedToConnect(cause);
        Reason = DescribeReason(cause);
    }

    /// <summary>The connection itself failed, so no byte of the request can have had an effect.</summary>
    public bool NothingSent { get; }

    public string Reason { get; }

    private static string Describe(Uri server, Exception cause)
    {
        var address = server.GetLeftPart(UriPartial.Path).TrimEnd('/');
        return FailedToConnect(cause)
            ? $"cannot reach {address}: {DescribeReason(cause)}. Is the broker running?"
            : $"no answer from {address}: {DescribeReason(cause)}.";
    }

    private static bool FailedToConnect(Exception cause) => cause is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    };

    private static string DescribeReason(Exception cause)
    {
        for (var inner = cause; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException socket) return Describe(socket.SocketErrorCode);
        }
        return cause switch
        {
            OperationCanceledException => "timed out",
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "host not found",
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "TLS failed",
            _ => "the connection broke",
        };
    }

    private static string Describe(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => "host not found",
        SocketError.TimedOut => "timed out",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "host unreachable",
        _ => "the connection broke",
    };
}
