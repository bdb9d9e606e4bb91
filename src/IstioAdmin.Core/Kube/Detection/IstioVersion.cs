using System.Text.RegularExpressions;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>Reads Istio's version out of what names it: a field of a resource, an image tag.</summary>
internal static partial class IstioVersion
{
    /// <summary>
    /// The version without a leading v and without suffixes that are not part of it: <c>v1.24.2</c>, <c>1.24.2-distroless</c>,
    /// <c>1.9.5-bzc.1</c>, <c>v1.24-latest</c>. Null when the text is no version (<c>latest</c>, a digest).
    /// </summary>
    public static string? Of(string? text) => text is not null && Pattern().Match(text) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>The version in an image reference, <c>docker.io/istio/pilot:1.24.2-distroless@sha256:…</c>; null when it has no tag that is one.</summary>
    public static string? OfImage(string? image)
    {
        if (image is null)
            return null;
        string reference = image.Split('@')[0];
        int colon = reference.LastIndexOf(':');
        return colon > reference.LastIndexOf('/') ? Of(reference[(colon + 1)..]) : null;
    }

    [GeneratedRegex(@"^v?(\d+\.\d+(?:\.\d+(?:-(?:alpha|beta|rc)[0-9A-Za-z.]*)?)?)(?![0-9])")]
    private static partial Regex Pattern();
}
