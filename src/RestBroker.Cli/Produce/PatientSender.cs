using RestBroker.Cli.Client;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Produce;

/// <summary>Sends a produce request again only when the broker certainly did nothing with it: a duplicate is worse than an error that says where to go on.</summary>
internal sealed class PatientSender(BrokerClient client, TextWriter error, Interruption interruption)
{
    // A broker that was never there is most likely a wrong address; one that was comes back.
    private static readonly TimeSpan PatienceAtFirst = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PatienceLater = TimeSpan.FromSeconds(60);

    private readonly Outage _outage = new(error);
    private readonly Backoff _backoff = new();
    private bool _reached;

    public async Task<BrokerAnswer> SendAsync(BrokerRequest request)
    {
        while (true)
        {
            var wait = TimeSpan.Zero;
            try
            {
                var answer = await client.SendAsync(request, interruption.Abandon);
                _reached = true;
                _outage.Back();
                _backoff.Reset();
                return answer;
            }
            catch (BrokerUnreachableException e) when (e.NothingSent && HasPatience())
            {
                _outage.Away(e.Message);
                wait = _backoff.Next();
            }
            catch (ApiException e) when (e.Problem is { NothingDone: true, WorthRetrying: true } && HasPatience())
            {
                _outage.Away(e.Message);
                wait = _backoff.Next(e.Problem);
            }
            await Task.Delay(wait, interruption.Stop);
        }
    }

    private bool HasPatience() => !interruption.IsRequested && _outage.Duration < (_reached ? PatienceLater : PatienceAtFirst);
}
