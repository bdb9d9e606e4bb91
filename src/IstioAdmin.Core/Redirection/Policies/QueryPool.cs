using System.Globalization;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>
/// Gives equal questions one instance, also across policies: what is asked of two workloads that differ in their declared ports only is proven
/// once. Bounded; safe to use from several threads.
/// </summary>
internal sealed class QueryPool
{
    private const int Capacity = 16384;

    private readonly Dictionary<string, EscapeQuery> _known = new(StringComparer.Ordinal);

    public EscapeQuery Share(IpFamily family, EscapeQuery query)
    {
        string key = Key(family, query);
        lock (_known)
        {
            if (_known.TryGetValue(key, out EscapeQuery? known))
                return known;
            if (_known.Count == Capacity)
                _known.Clear();
            return _known[key] = query;
        }
    }

    private static string Key(IpFamily family, EscapeQuery q) => string.Create(
        CultureInfo.InvariantCulture,
        $"{family};{q.Direction};{q.Expected};{q.Local};{(int)q.Flags};{Join(q.Protocols)};{Join(q.Sources)};{Join(q.ExceptSources)};{Join(q.Destinations)};{Join(q.ExceptDestinations)};{Join(q.SourcePorts)};{Join(q.DestinationPorts)};{Join(q.ExceptDestinationPorts)};{Join(q.Users)};{Join(q.ExceptUsers)};{Join(q.Groups)};{Join(q.ExceptGroups)};{Join(q.InInterfaces)};{Join(q.ExceptInterfaces)};{Join(q.States)};{Join(q.Marks)}");

    private static string Join<T>(IReadOnlyList<T> values) => string.Join(',', values);
}
