using RestBroker.Cli.Client;

namespace RestBroker.Cli.Consume;

/// <summary>
/// Repeats a call that may be repeated (a fetch, a commit) until the broker is back. The first call of all is made once: a broker that was
/// never there is a wrong address.
/// </summary>
internal sealed class PatientReader(BrokerClient client, ConsumeRequest request, ReadingPace pace, TextWriter error)
{
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(60);

    private readonly Outage _outage = new(error);
    private readonly Backoff _backoff = new();
    private bool _answered;
    private bool _isGone;

    public async Task<BrokerAnswer> SendAsync(BrokerRequest call, CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan wait;
            try
            {
                // A long poll would answer, and say that the broker is back, only when there is something to read.
                if (_isGone)
                {
                    (await client.SendAsync(BrokerRequest.Get("healthz"), cancellationToken)).Dispose();
                    Returned();
                }
                var answer = await client.SendAsync(call, cancellationToken);
                Returned();
                _backoff.Reset();
                _answered = true;
                return answer;
            }
            catch (BrokerUnreachableException e) when (HasPatience())
            {
                _outage.Away(e.Message);
                _isGone = true;
                wait = _backoff.Next();
            }
            catch (ApiException e) when (e.Problem is { WorthRetrying: true, Code: not "lease-fenced" } && HasPatience())
            {
                _outage.Away(e.Message);
                wait = _backoff.Next(e.Problem);
            }
            await Task.Delay(wait, cancellationToken);
        }
    }

    // A script that waits for the end of the records must not wait for ever for a broker that has gone.
    private bool HasPatience() => _answered
        && (request.IdleExit is not { } idle || _outage.Duration < (idle > LeastPatience ? idle : LeastPatience));

    private void Returned()
    {
        _isGone = false;
        if (!_outage.IsOn) return;
        pace.RestartIdleTime();
        _outage.Back();
    }
}
