namespace IstioAdmin.Iptables.Model;

/// <summary>The two packet families; each has its own tables in the kernel.</summary>
public enum IpFamily
{
    /// <summary>IPv4: iptables.</summary>
    IPv4,

    /// <summary>IPv6: ip6tables.</summary>
    IPv6,
}
