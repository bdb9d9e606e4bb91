using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>What routing knows of the host, or of the pod: its interfaces and addresses. Everything else goes out by the default interface.</summary>
public sealed class TraceHost
{
    private readonly Dictionary<string, HostInterface> _interfaces;
    private readonly UInt128[] _localV4;
    private readonly UInt128[] _localV6;

    /// <summary>Describes a host.</summary>
    /// <param name="interfaces">Its interfaces; the loopback interface is added when it is missing.</param>
    /// <param name="defaultInterface">The interface of the default route.</param>
    public TraceHost(IEnumerable<HostInterface> interfaces, string defaultInterface)
    {
        _interfaces = interfaces.ToDictionary(i => i.Name, StringComparer.Ordinal);
        if (!_interfaces.ContainsKey(Loopback))
            _interfaces.Add(Loopback, new HostInterface(Loopback, [(IpFamily.IPv4, LoopbackIPv4), (IpFamily.IPv6, UInt128.One)]));
        _localV4 = Addresses(IpFamily.IPv4);
        _localV6 = Addresses(IpFamily.IPv6);
        DefaultInterface = defaultInterface;
    }

    /// <summary>Name of the loopback interface.</summary>
    public const string Loopback = "lo";

    /// <summary>127.0.0.1.</summary>
    public static UInt128 LoopbackIPv4 { get; } = 0x7F000001;

    /// <summary>The interface of the default route.</summary>
    public string DefaultInterface { get; }

    /// <summary>Whether packets for other hosts are passed on (net.ipv4.ip_forward); a pod normally does not.</summary>
    public bool Forwards { get; init; }

    /// <summary>The host's interfaces.</summary>
    public IReadOnlyCollection<HostInterface> Interfaces => _interfaces.Values;

    /// <summary>Whether packets to the address are for this host: its own addresses, and 127.0.0.0/8.</summary>
    public bool IsLocal(IpFamily family, UInt128 address) =>
        Array.BinarySearch(Local(family), address) >= 0 || (family == IpFamily.IPv4 && (uint)address >> 24 == 127);

    /// <summary>What <see cref="IsLocal(IpFamily, UInt128)"/> says yes to.</summary>
    public IEnumerable<Interval> LocalAddresses(IpFamily family)
    {
        IEnumerable<Interval> own = Local(family).Select(address => new Interval(address, address));
        return family == IpFamily.IPv4 ? own.Append(LoopbackNet) : own;
    }

    /// <summary>The addresses of the host that others can reach: all but the loopback interface's.</summary>
    public IEnumerable<UInt128> AddressesFromOutside(IpFamily family) =>
        _interfaces.Values.Where(i => i.Name != Loopback).SelectMany(i => i.Addresses).Where(a => a.Family == family).Select(a => a.Address);

    /// <summary>127.0.0.0/8.</summary>
    public static Interval LoopbackNet { get; } = new(0x7F000000, 0x7FFFFFFF);

    /// <summary>Whether packets to all addresses of a range are for this host; null when some are and some are not.</summary>
    public bool? IsLocal(IpFamily family, UInt128 first, UInt128 last)
    {
        if (first == last)
            return IsLocal(family, first);
        if (family == IpFamily.IPv4 && first <= 0x7FFFFFFF && last >= 0x7F000000)
            return first >= 0x7F000000 && last <= 0x7FFFFFFF ? true : null;
        int local = Local(family).Count(known => known >= first && known <= last);
        return local == 0 ? false : (UInt128)local == last - first + 1 ? true : null;
    }

    /// <summary>Whether an address belongs to the loopback device and to no wire: 127.0.0.0/8 or ::1.</summary>
    public static bool IsLoopback(IpFamily family, UInt128 address) =>
        family == IpFamily.IPv4 ? (uint)address >> 24 == 127 : address == UInt128.One;

    /// <summary>The interface by which a packet to the address leaves.</summary>
    public string Route(IpFamily family, UInt128 address) => IsLocal(family, address) ? Loopback : DefaultInterface;

    /// <summary>The first address of an interface, which REDIRECT sends to; null when it has none.</summary>
    public UInt128? PrimaryAddress(string interfaceName, IpFamily family)
    {
        if (!_interfaces.TryGetValue(interfaceName, out HostInterface? known))
            return null;
        foreach ((IpFamily f, UInt128 address) in known.Addresses)
        {
            if (f == family)
                return address;
        }
        return null;
    }

    private UInt128[] Local(IpFamily family) => family == IpFamily.IPv4 ? _localV4 : _localV6;

    private UInt128[] Addresses(IpFamily family) =>
        [.. _interfaces.Values.SelectMany(i => i.Addresses).Where(a => a.Family == family).Select(a => a.Address).Distinct().Order()];
}

/// <summary>An interface and its addresses, the primary one first.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Addresses">Its addresses.</param>
public sealed record HostInterface(string Name, IReadOnlyList<(IpFamily Family, UInt128 Address)> Addresses);
