using System.Globalization;
using System.Net;
using System.Net.Sockets;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>A pod's network namespace as /proc/self/net shows it; each line with the name of its file in front, as grep prints it.</summary>
internal sealed class NetworkView
{
    private readonly List<string> _interfaces = [];
    private readonly List<(string Interface, uint Net, uint Mask)> _routes = [];
    private readonly List<uint> _addresses = [];
    private readonly List<(string Interface, UInt128 Address)> _addresses6 = [];
    private readonly HashSet<IpFamily> _legacy = [];
    private string? _default, _default6, _branch;
    private bool _forwards;

    private NetworkView()
    {
    }

    /// <summary>Families that have tables of iptables-legacy.</summary>
    public IReadOnlySet<IpFamily> LegacyTables => _legacy;

    /// <summary>Reads the lines; those of other files are passed over.</summary>
    public static NetworkView Parse(string text)
    {
        var view = new NetworkView();
        foreach (string line in text.Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                view.Add(line[(line.LastIndexOf('/', colon) + 1)..colon], line[(colon + 1)..]);
        }
        return view;
    }

    /// <summary>The host that packets are traced through; null when no interface was seen.</summary>
    /// <param name="podAddresses">The pod's addresses, the primary ones first: /proc sorts by value.</param>
    public TraceHost? Host(IEnumerable<string> podAddresses)
    {
        if (_interfaces.Count == 0)
            return null;
        string usual = _default ?? _default6 ?? _interfaces.FirstOrDefault(name => name != TraceHost.Loopback) ?? TraceHost.Loopback;
        List<string> first = [.. podAddresses];
        ILookup<string, (IpFamily Family, UInt128 Address)> addresses = _addresses
            .Select(address => (Interface: InterfaceOf(address, usual), Family: IpFamily.IPv4, Address: (UInt128)address))
            .Concat(_addresses6.Select(entry => (entry.Interface, Family: IpFamily.IPv6, entry.Address)))
            .OrderBy(entry => Rank(first, entry.Family, entry.Address))
            .ToLookup(entry => entry.Interface, entry => (entry.Family, entry.Address));
        return new TraceHost(_interfaces.Select(name => new HostInterface(name, [.. addresses[name]])), usual) { Forwards = _forwards };
    }

    private void Add(string file, string line)
    {
        string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        switch (file)
        {
            case "dev" when line.Contains(':', StringComparison.Ordinal) && !line.Contains('|', StringComparison.Ordinal):
                _interfaces.Add(line[..line.IndexOf(':', StringComparison.Ordinal)].Trim());
                break;
            case "route" when words.Length >= 8 && Little(words[1]) is { } net && Little(words[7]) is { } mask:
                if (mask == 0)
                    _default ??= words[0];
                else
                    _routes.Add((words[0], net, mask));
                break;
            case "fib_trie":
                AddBranch(words);
                break;
            case "if_inet6" when words.Length == 6 && Hex128(words[0]) is { } address:
                _addresses6.Add((words[5], address));
                break;
            // The kernel keeps a route of this form on lo that leads nowhere (metric ffffffff).
            case "ipv6_route" when words.Length == 10 && words[1] == "00" && Hex128(words[0]) == UInt128.Zero && words[5] != "ffffffff" && words[9] != TraceHost.Loopback:
                _default6 ??= words[9];
                break;
            case "ip_tables_names" when words.Length == 1:
                _legacy.Add(IpFamily.IPv4);
                break;
            case "ip6_tables_names" when words.Length == 1:
                _legacy.Add(IpFamily.IPv6);
                break;
            case "ip_forward":
                _forwards = line.Trim() == "1";
                break;
        }
    }

    // "|-- 10.1.2.3", then below it "/32 host LOCAL".
    private void AddBranch(string[] words)
    {
        if (words is ["|--", var address])
            _branch = address;
        else if (words is ["/32", "host", "LOCAL"] && AddressOf(_branch) is { } local && !_addresses.Contains(local))
            _addresses.Add(local);
    }

    // An address without a net of its own, as Calico gives them, is taken for one of the default interface.
    private string InterfaceOf(uint address, string usual) => address >> 24 == 127
        ? TraceHost.Loopback
        : _routes.Where(route => (address & route.Mask) == route.Net).OrderByDescending(route => route.Mask).Select(route => route.Interface).FirstOrDefault() ?? usual;

    private static int Rank(List<string> first, IpFamily family, UInt128 address)
    {
        int at = first.FindIndex(text => IPAddress.TryParse(text, out IPAddress? known)
            && known.AddressFamily == (family == IpFamily.IPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6)
            && Value(known) == address);
        return at < 0 ? int.MaxValue : at;
    }

    private static UInt128 Value(IPAddress address) => address.GetAddressBytes().Aggregate(UInt128.Zero, (value, part) => (value << 8) | part);

    private static uint? AddressOf(string? address) =>
        IPAddress.TryParse(address, out IPAddress? parsed) && parsed.AddressFamily == AddressFamily.InterNetwork ? (uint)Value(parsed) : null;

    /// <summary>Numbers in /proc/net/route are in the machine's order of bytes; every machine that Kubernetes runs on but s390x is little-endian.</summary>
    private static uint? Little(string hex) =>
        uint.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value) ? System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value) : null;

    private static UInt128? Hex128(string hex) =>
        UInt128.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 value) ? value : null;
}
