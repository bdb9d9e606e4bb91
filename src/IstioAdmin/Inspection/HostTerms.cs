using IstioAdmin.Core;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Inspection;

/// <summary>Makes the host that packets meet out of the addresses that administrators give.</summary>
internal static class HostTerms
{
    /// <summary>
    /// A host with these addresses, each on <paramref name="defaultInterface"/> unless it says <c>name=address</c>; without an address of the
    /// ruleset's family there, one that no rule speaks of. Where one interface alone is named, it is the default.
    /// </summary>
    public static TraceHost Host(Ruleset ruleset, string[] addresses, string defaultInterface, bool forwards)
    {
        var interfaces = new Dictionary<string, List<(IpFamily Family, UInt128 Address)>>(StringComparer.Ordinal);
        foreach (string text in addresses)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? defaultInterface : text[..equals];
            if (name.Length == 0)
                throw new MeshException("InvalidValue", FailureKind.InvalidInput, $"-HostAddress: '{text}' names no interface before '='.", "Write it as eth1=10.0.0.5.", text);
            (IpFamily family, UInt128 address) = Terms.Address("HostAddress", text[(equals + 1)..]);
            if (!interfaces.TryGetValue(name, out List<(IpFamily Family, UInt128 Address)>? own))
                interfaces.Add(name, own = []);
            own.Add((family, address));
        }
        // Nobody reaches the loopback interface from outside; it has its own addresses before any other.
        if (interfaces.TryGetValue(TraceHost.Loopback, out List<(IpFamily Family, UInt128 Address)>? loopback))
            loopback.InsertRange(0, [(IpFamily.IPv4, TraceHost.LoopbackIPv4), (IpFamily.IPv6, UInt128.One)]);
        // Whoever names one interface only means that one.
        if (interfaces.Keys.Where(name => name != TraceHost.Loopback).ToArray() is [var only])
            defaultInterface = only;
        if (interfaces.TryGetValue(defaultInterface, out List<(IpFamily Family, UInt128 Address)>? main) && main.Exists(a => a.Family == ruleset.Family))
            return new TraceHost(interfaces.Select(pair => new HostInterface(pair.Key, pair.Value)), defaultInterface) { Forwards = forwards };
        return AssumedHost.For(ruleset, defaultInterface, forwards);
    }
}
