using System.Collections.Concurrent;
using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>
/// Questions that no policy asks because they depend on who runs in the pod: an application process with the proxy's user or group id is
/// the proxy, to the rules.
/// </summary>
internal sealed class PolicyQuestions
{
    private readonly ConcurrentDictionary<(ClauseQuery Query, uint User, uint Group), ClauseQuery> _known = new();

    /// <summary>The captured outbound packets of a clause when this user and group send them; the same instance each time, for the cache of proofs.</summary>
    public ClauseQuery SentBy(ClauseQuery asked, uint user, uint group)
    {
        if (_known.Count > 4096)
            _known.Clear();
        return _known.GetOrAdd((asked, user, group), static key => key.Query with
        {
            Query = key.Query.Query with
            {
                Proxy = null,
                ExceptUsers = [],
                ExceptGroups = [],
                Users = [new IdRange(key.User, key.User)],
                Groups = [new IdRange(key.Group, key.Group)],
            },
        });
    }
}
