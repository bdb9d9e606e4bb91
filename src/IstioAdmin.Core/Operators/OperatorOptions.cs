using System.Text.Json.Nodes;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Operators;

/// <summary>What to install, and how.</summary>
public sealed record OperatorOptions
{
    /// <summary>Which operator.</summary>
    public required IstioOperatorKind Kind { get; init; }

    /// <summary>Its namespace, which is created where it is missing; null for the operator's usual one.</summary>
    public string? Namespace { get; init; }

    /// <summary>The release line, named by its minor version of Istio (<c>1.4</c>); with a chart, the chart's version. Null for the default one.</summary>
    public string? Version { get; init; }

    /// <summary>The operator's image; null for the line's own. Not for charts.</summary>
    public string? Image { get; init; }

    /// <summary>Names of the secrets in the namespace that the image is pulled with. Not for charts.</summary>
    public IReadOnlyList<string> PullSecrets { get; init; } = [];

    /// <summary>
    /// A Helm chart to install from: <c>repository/chart</c>, <c>oci://</c> reference, address, folder or <c>.tgz</c>. Null to install the objects
    /// that this module knows itself.
    /// </summary>
    public string? Chart { get; init; }

    /// <summary>Name of the chart's release; null for the operator's usual one.</summary>
    public string? ReleaseName { get; init; }

    /// <summary>Values for the chart.</summary>
    public JsonObject? Values { get; init; }

    /// <summary>Files with values for the chart, each overriding those before it; <see cref="Values"/> overrides all of them.</summary>
    public IReadOnlyList<string> ValueFiles { get; init; } = [];

    /// <summary>Whether to take over objects, and fields of objects, that somebody else manages.</summary>
    public bool Force { get; init; }

    /// <summary>Whether a version of Kubernetes outside the supported range is only warned about.</summary>
    public bool AnyKubernetes { get; init; }

    /// <summary>Whether there must be an installation already.</summary>
    public bool Update { get; init; }
}
