using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>The clauses of a policy as they are being made.</summary>
internal sealed class ClauseList
{
    private readonly QueryPool _pool;
    private readonly IReadOnlyList<IpFamily> _families;
    private readonly List<PolicyClause> _clauses = [];

    public ClauseList(QueryPool pool, IReadOnlyList<IpFamily> families) => (_pool, _families) = (pool, families);

    public PolicyClause[] Clauses => [.. _clauses];

    /// <summary>Adds a clause, unless no family has a question for it.</summary>
    public void Add(string name, ClauseKind kind, string text, string[] sources, Func<IpFamily, IEnumerable<EscapeQuery>> queries, bool ofProxy = false)
    {
        ClauseQuery[] asked = [.. _families.SelectMany(family => queries(family).Select(query => new ClauseQuery(family, _pool.Share(family, query))))];
        if (asked.Length == 0)
            return;
        _clauses.Add(new()
        {
            Name = name,
            Kind = kind,
            OfProxy = ofProxy || kind == ClauseKind.ProxyOwn,
            Direction = asked[0].Query.Direction,
            Text = text,
            Sources = sources,
            Queries = asked,
        });
    }
}
