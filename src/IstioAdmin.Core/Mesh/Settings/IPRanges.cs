using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace IstioAdmin.Core.Mesh.Settings;

/// <summary>
/// Ranges of addresses as Istio takes them: in CIDR notation, with bits behind the prefix if somebody likes. Operators write them down unread; the injector
/// then refuses every pod for a wrong one, or its istio-init fails (istio/istio <c>pilot/pkg/kube/inject/inject.go</c>, validateCIDRList).
/// </summary>
internal static class IPRanges
{
    /// <exception cref="MeshException">One of them is none (<c>IPRangeInvalid</c>).</exception>
    public static void Check(string parameter, IReadOnlyList<string>? ranges)
    {
        foreach (string range in (ranges ?? []).SelectMany(text => text.Split(',')))
        {
            if (!IsRange(range.Trim()))
            {
                throw new MeshException("IPRangeInvalid", FailureKind.InvalidInput, $"{parameter} '{range}' is no range of addresses.",
                    range.Trim() == "*" ? "'*' is for -IncludeIPRange, and stands alone." : "Give ranges in CIDR notation, such as 10.0.0.0/8 or 192.0.2.7/32.", range);
            }
        }
    }

    private static bool IsRange(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        // IPAddress also reads 10.1 and 0x0a000001, which iptables or Go do not.
        return slash > 0 && IPAddress.TryParse(text[..slash], out IPAddress? address)
            && (address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == text[..slash])
            && int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            && length <= (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
    }
}
