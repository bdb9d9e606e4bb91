using System.Globalization;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Redirection.PacketPaths;

/// <summary>
/// What somebody types for the other end of a connection: <c>reviews:9080</c>, <c>shop/reviews</c>, <c>service/reviews:http</c>,
/// <c>pod/shop/web-0:8080</c>, <c>reviews.shop.svc.cluster.local:9080</c>, <c>10.96.0.1:443</c> or <c>[fd00::1]:443</c>.
/// </summary>
/// <param name="Kind">What it names.</param>
/// <param name="Namespace">Its namespace; null when none was given.</param>
/// <param name="Name">Its name; an address for <see cref="TargetKind.Address"/>.</param>
/// <param name="Port">Its port, a number or the name that a service gives it; null when none was given.</param>
internal sealed record TargetName(TargetKind Kind, string? Namespace, string Name, string? Port)
{
    /// <summary>Reads one.</summary>
    /// <exception cref="MeshException">It is none (<c>InvalidTarget</c>).</exception>
    public static TargetName Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        (string host, string? port) = Split(text.Trim());
        if (host.Length == 0 || port is { Length: 0 })
            throw Bad(text);
        if (IsAddress(host, out _, out _))
            return new(TargetKind.Address, null, host, port);
        string[] parts = host.Split('/');
        TargetKind kind = parts[0] switch
        {
            _ when parts.Length == 1 => TargetKind.Any,
            "pod" or "pods" or "po" => TargetKind.Pod,
            "service" or "services" or "svc" => TargetKind.Service,
            _ => TargetKind.Any,
        };
        if (kind != TargetKind.Any)
            parts = parts[1..];
        if (parts.Length is 0 or > 2 || parts.Any(part => part.Length == 0 || part.AsSpan().ContainsAnyExcept(Allowed)))
            throw Bad(text);
        if (parts.Length == 2)
            return new(kind, parts[0], parts[1], port);
        // A service by its name in DNS; names of pods may have dots too, and then stand behind pod/.
        string[] labels = parts[0].Split('.');
        bool isDns = kind != TargetKind.Pod && (labels.Length == 2 || (labels.Length > 2 && labels[2] == "svc"));
        return isDns ? new(TargetKind.Service, labels[1], labels[0], port) : new(kind, null, parts[0], port);
    }

    /// <summary>Reads an address of either family.</summary>
    public static bool IsAddress(string text, out IpFamily family, out UInt128 address)
    {
        family = text.Contains(':', StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;
        return AddressPattern.TryParseAddress(text, family, out address);
    }

    /// <summary>The port as a number; null when it is a name or missing.</summary>
    public ushort? PortNumber => ushort.TryParse(Port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && number > 0 ? number : null;

    private static readonly System.Buffers.SearchValues<char> Allowed = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");

    private static (string Host, string? Port) Split(string text)
    {
        if (text.StartsWith('['))
        {
            int end = text.IndexOf(']', StringComparison.Ordinal);
            return end < 0 ? ("", null) : (text[1..end], end + 1 < text.Length ? text[(end + 1)..].TrimStart(':') : null);
        }
        if (IsAddress(text, out _, out _))
            return (text, null);
        int colon = text.LastIndexOf(':');
        return colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
    }

    private static MeshException Bad(string text) => new(
        "InvalidTarget", FailureKind.InvalidInput, $"'{text}' names no service, pod or address.",
        "Write reviews:9080, shop/reviews, pod/shop/web-0:8080, 10.96.0.1:443 or [fd00::1]:443.", text);
}

/// <summary>What a name may stand for.</summary>
internal enum TargetKind
{
    /// <summary>A service, or else a pod.</summary>
    Any,

    /// <summary>A service.</summary>
    Service,

    /// <summary>A pod.</summary>
    Pod,

    /// <summary>An address.</summary>
    Address,
}
