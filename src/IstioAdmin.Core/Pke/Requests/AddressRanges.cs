using System.Net;
using System.Net.Sockets;

namespace IstioAdmin.Core.Pke.Requests;

/// <summary>The address ranges of a cluster, none of which may overlap another.</summary>
internal sealed class AddressRanges
{
    // banzaicloud/pipeline internal/pke/kubernetes.go; what is left open must not overlap what is given.
    private const string DefaultPods = "10.200.0.0/16";
    private const string DefaultServices = "10.32.0.0/24";

    private readonly List<(string What, IPNetwork Range)> _ranges = [];
    private readonly Problems _problems;

    public AddressRanges(Problems problems) => _problems = problems;

    /// <summary>The ranges of a cluster's pods and services, as given or as Pipeline takes them.</summary>
    public static AddressRanges Of(PkeClusterOrder order, Problems problems)
    {
        var ranges = new AddressRanges(problems);
        ranges.Add("the pods' range", order.PodCidr ?? DefaultPods);
        ranges.Add("the services' range", order.ServiceCidr ?? DefaultServices);
        return ranges;
    }

    /// <summary>Takes a range, and finds fault with it.</summary>
    /// <param name="what">What it is for, as it begins a sentence: <c>the pods' range</c>.</param>
    /// <param name="text">The range, <c>10.200.0.0/16</c>; null when there is none.</param>
    /// <param name="within">The range that it must be a part of, if any.</param>
    /// <returns>The range; null when it is none.</returns>
    public IPNetwork? Add(string what, string? text, IPNetwork? within = null)
    {
        if (text is null)
            return null;
        if (Read(what, text) is not { } range)
            return null;
        if (within is { } outer && !Holds(outer, range))
            _problems.Add($"{what} {range} is not within the network's {outer}");
        foreach ((string other, IPNetwork taken) in _ranges)
        {
            // A part overlaps its whole, and rightly.
            if (!(within is { } whole && whole.Equals(taken)) && Overlap(range, taken))
                _problems.Add($"{what} {range} overlaps {other} {taken}");
        }
        _ranges.Add((what, range));
        return range;
    }

    private IPNetwork? Read(string what, string text)
    {
        string[] parts = text.Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out IPAddress? address) || !int.TryParse(parts[1], out int length)
            || address.AddressFamily != AddressFamily.InterNetwork || parts[0].Count(c => c == '.') != 3 || length is < 0 or > 32)
        {
            _problems.Add($"{what} '{text}' is not an IPv4 range such as 10.200.0.0/16");
            return null;
        }
        byte[] bytes = address.GetAddressBytes();
        uint bits = ((uint)bytes[0] << 24) | ((uint)bytes[1] << 16) | ((uint)bytes[2] << 8) | bytes[3];
        uint kept = length == 0 ? 0 : bits & (uint.MaxValue << (32 - length));
        if (kept == bits)
            return new IPNetwork(address, length);
        var begin = new IPAddress([(byte)(kept >> 24), (byte)(kept >> 16), (byte)(kept >> 8), (byte)kept]);
        _problems.Add($"{what} '{text}' is an address, not the beginning of a range; {begin}/{length} is perhaps meant");
        return null;
    }

    private static bool Overlap(IPNetwork one, IPNetwork other) => one.Contains(other.BaseAddress) || other.Contains(one.BaseAddress);

    private static bool Holds(IPNetwork outer, IPNetwork inner) => outer.PrefixLength <= inner.PrefixLength && outer.Contains(inner.BaseAddress);
}
