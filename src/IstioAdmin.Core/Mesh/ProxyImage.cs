namespace IstioAdmin.Core.Mesh;

/// <summary>What the image of a proxy tells about its version.</summary>
public static class ProxyImage
{
    // Variants of the same version: https://istio.io/latest/docs/ops/configuration/security/harden-docker-images/
    private static readonly string[] Variants = ["-distroless", "-debug"];

    /// <summary>
    /// The version in an image's tag, without <c>v</c> and variant: <c>1.22.3</c> of <c>registry:5000/istio/proxyv2:1.22.3-distroless@sha256:…</c>.
    /// </summary>
    /// <returns>Null when the image has no tag or its tag is no version (<c>latest</c>, a branch, a date without dots).</returns>
    public static string? VersionOf(string? image)
    {
        if (image is null)
            return null;
        ReadOnlySpan<char> reference = image;
        int digest = reference.IndexOf('@');
        if (digest >= 0)
            reference = reference[..digest];
        int colon = reference.LastIndexOf(':');
        // A colon before the last slash belongs to the registry's port.
        if (colon < 0 || colon < reference.LastIndexOf('/'))
            return null;
        ReadOnlySpan<char> tag = reference[(colon + 1)..];
        if (!IstioRelease.TryParse(tag, out _))
            return null;
        if (tag[0] == 'v')
            tag = tag[1..];
        foreach (string variant in Variants)
        {
            if (tag.EndsWith(variant, StringComparison.Ordinal))
                tag = tag[..^variant.Length];
        }
        return tag.ToString();
    }
}
