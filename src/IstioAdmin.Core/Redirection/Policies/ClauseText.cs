using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>Values as clauses write them.</summary>
internal static class ClauseText
{
    public static string Ports(IReadOnlyCollection<PortRange> ports) => ports.Count switch
    {
        0 => "no port",
        1 => $"port {ports.First()}",
        _ => $"ports {string.Join(", ", ports.Distinct())}",
    };

    public static string But(IReadOnlyCollection<PortRange> ports) => ports.Count == 0 ? "" : $" but {string.Join(", ", ports.Distinct())}";

    public static string Addresses(IReadOnlyCollection<AddressPattern> ranges) => ranges.Count == 0 ? "no address" : string.Join(", ", ranges);

    public static string Ids(IReadOnlyCollection<IdRange> ids) => ids.Count == 0
        ? "none"
        : string.Join(", ", ids.Select(range => range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}"));
}
