using System.Text.RegularExpressions;

namespace IstioAdmin.Core.Samples;

/// <summary>What to install.</summary>
public sealed partial record BookinfoOptions
{
    /// <summary>Where the images come from unless told otherwise.</summary>
    public const string DefaultRegistry = "docker.io/istio";

    /// <summary>The namespace; it must exist.</summary>
    public required string Namespace { get; init; }

    /// <summary>Which images, and with them what the workloads need.</summary>
    public BookinfoRelease Release { get; init; } = BookinfoRelease.Latest;

    /// <summary>Registry and path that the image names are appended to: <c>docker.io/istio</c> gives <c>docker.io/istio/examples-bookinfo-details-v1</c>.</summary>
    public string Registry { get; init; } = DefaultRegistry;

    /// <summary>
    /// Whether to publish the product page through Istio's ingress gateway. Needs Istio's resource definitions. When it is not set,
    /// no gateway is installed, and one that is there stays.
    /// </summary>
    public bool WithGateway { get; init; }

    /// <summary>Whether to take over objects, and fields of objects, that somebody else manages.</summary>
    public bool Force { get; init; }

    /// <summary>The registry without a trailing slash.</summary>
    /// <exception cref="MeshException">It cannot be the start of an image reference (<c>RegistryInvalid</c>).</exception>
    internal string ImagePrefix()
    {
        string prefix = Registry.TrimEnd('/');
        return RegistrySyntax().IsMatch(prefix)
            ? prefix
            : throw new MeshException("RegistryInvalid", FailureKind.InvalidInput,
                $"'{Registry}' is not a registry and path that image names can be appended to.",
                $"Leave out the scheme and the tag, and write the path in lower case, for example {DefaultRegistry} or registry.example.com:5000/istio.",
                Registry);
    }

    // Host with optional port, then path components, as the reference grammar of distribution/reference has them.
    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex RegistrySyntax();
}
