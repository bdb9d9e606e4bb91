using System.Text.RegularExpressions;

namespace IstioAdmin.Core.Samples;

/// <summary>
/// A release of Bookinfo's images, and what Istio's own manifests pair with it. The images changed what they can bear over the years:
/// an old product page writes its log beside itself and so must be root, a new one names its own user.
/// </summary>
/// <param name="Version">Tag of all six images.</param>
/// <param name="Istio">The Istio releases whose samples use these images, for people who choose one.</param>
/// <param name="RunAsUser">The user that the manifests must ask for; null when the image decides.</param>
/// <param name="ScratchVolumes">Whether the workloads get empty directories to write to, so that they need neither root nor a writable image.</param>
/// <param name="Metrics">Whether the product page serves Prometheus metrics on its own port.</param>
public sealed partial record BookinfoRelease(string Version, string Istio, int? RunAsUser, bool ScratchVolumes, bool Metrics)
{
    /// <summary>
    /// The known releases, newest first. Source: <c>samples/bookinfo/platform/kube/bookinfo.yaml</c> of istio/istio at each release tag.
    /// </summary>
    public static IReadOnlyList<BookinfoRelease> Known { get; } =
    [
        new("1.20.3", "1.26 and newer", null, true, true),
        new("1.20.2", "1.24, 1.25", null, true, true),
        new("1.20.1", "1.23", null, true, true),
        new("1.19.1", "1.22", null, true, true),
        // From here on the images name user 1000 themselves; asking for it in the manifest would keep them out of OpenShift (istio/istio#44765).
        new("1.18.0", "1.19 to 1.21", null, true, true),
        new("1.17.0", "1.15.1 to 1.18", 1000, true, false),
        new("1.16.4", "1.13.5 to 1.15.0", 1000, true, false),
        new("1.16.2", "1.6.6 to 1.13.4", 1000, true, false),
        new("1.15.1", "1.4.10, 1.5.6 to 1.5.10, 1.6.1 to 1.6.5", null, true, false),
        new("1.15.0", "1.2.3 to 1.6.0", null, true, false),
        new("1.13.0", "1.1.6 to 1.1.17", null, false, false),
        new("1.12.0", "1.2.0 to 1.2.2", null, false, false),
        new("1.10.1", "1.1.0 to 1.1.5", null, false, false),
        new("1.8.0", "1.0", null, false, false),
    ];

    /// <summary>The newest known release.</summary>
    public static BookinfoRelease Latest => Known[0];

    /// <summary>
    /// The release with a given tag. A tag that is not in <see cref="Known"/> is taken at its word, with the needs of the nearest older
    /// release, so that a newer Bookinfo does not have to wait for a newer module.
    /// </summary>
    /// <param name="version">A tag such as <c>1.20.3</c>.</param>
    /// <exception cref="MeshException">The tag is no version (<c>BookinfoVersionInvalid</c>).</exception>
    public static BookinfoRelease Find(string version)
    {
        if (version.Length > MaximumLength || !VersionSyntax().IsMatch(version))
        {
            throw new MeshException("BookinfoVersionInvalid", FailureKind.InvalidInput,
                $"'{version}' is not a version of Bookinfo's images.",
                $"Use three numbers, optionally with a suffix, for example {Latest.Version}. Known versions: {string.Join(", ", Known.Select(known => known.Version))}.",
                version);
        }
        Version asked = Number(version);
        BookinfoRelease nearest = Known.FirstOrDefault(known => Number(known.Version) <= asked) ?? Known[^1];
        return nearest.Version == version ? nearest : nearest with { Version = version, Istio = "" };
    }

    // The version is also the value of a label, which holds 63 characters at most.
    private const int MaximumLength = 63;

    private static Version Number(string version) => System.Version.Parse(version.Split('-', 2)[0]);

    [GeneratedRegex(@"^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}(-[0-9A-Za-z._-]*[0-9A-Za-z])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex VersionSyntax();
}
