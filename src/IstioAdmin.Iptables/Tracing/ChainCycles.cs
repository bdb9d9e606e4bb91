using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>
/// Finds chains that call themselves, directly or through others. The kernel refuses such tables (ELOOP), so no dump of a kernel has them;
/// a text may.
/// </summary>
internal static class ChainCycles
{
    /// <summary>Names of the chains of a table from which a chain can be reached again that is being walked already.</summary>
    public static HashSet<string> Find(Table table)
    {
        var onCycle = new HashSet<string>(StringComparer.Ordinal);
        var done = new HashSet<string>(StringComparer.Ordinal);
        var walked = new List<string>();
        var chains = table.Chains.ToDictionary(chain => chain.Name, StringComparer.Ordinal);
        foreach (string name in chains.Keys)
            Visit(name);
        return onCycle;

        void Visit(string name)
        {
            int start = walked.IndexOf(name);
            if (start >= 0)
            {
                onCycle.UnionWith(walked.Skip(start));
                return;
            }
            if (!done.Add(name) || !chains.TryGetValue(name, out Chain? chain))
                return;
            walked.Add(name);
            foreach (string callee in Callees(chain))
                Visit(callee);
            walked.RemoveAt(walked.Count - 1);
        }
    }

    private static IEnumerable<string> Callees(Chain chain) => chain.Rules
        .SelectMany(rule => SequenceTarget.Steps(rule.Target))
        .Select(target => target switch
        {
            JumpTarget jump => jump.Chain,
            GotoTarget go => go.Chain,
            _ => null,
        })
        .OfType<string>()
        .Distinct();
}
