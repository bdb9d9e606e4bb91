using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Operators.Manifests;

namespace IstioAdmin.Core.Operators.Cisco;

/// <summary>Installing and removing the operator's second generation.</summary>
internal sealed class CiscoPackage : IOperatorPackage
{
    public string PartOf => CiscoManifests.PartOf;

    public string Name => CiscoManifests.Name;

    public string Namespace => CiscoManifests.Namespace;

    public IReadOnlyList<OperatorLine> Lines => CiscoReleases.Known;

    public OperatorLine? DefaultLine => null;

    public string? ChartHint => null;

    /// <summary>Gateways first: a control plane that goes before them takes the injector from which their pods come.</summary>
    public IReadOnlyList<KubeResource> Resources { get; } =
        [CiscoDefinitions.MeshGateways, IstioResources.CiscoControlPlanes, CiscoDefinitions.PeerControlPlanes, CiscoDefinitions.Meshes];

    public IReadOnlyList<OwnObject> OwnObjects { get; } =
    [
        new(KubeResource.ConfigMaps, $"{CiscoManifests.Name}-leader"),
        new(new KubeResource("coordination.k8s.io", "v1", "leases", "Lease", true), $"{CiscoManifests.Name}-leader"),
    ];

    /// <summary>Namespaces carry a revision label that people set, or the operator on their behalf; either way it is not the operator's to take.</summary>
    public NamespaceMark? Mark => null;

    public (ObjectManifest Namespace, IReadOnlyList<ObjectManifest> Objects) Manifests(OperatorLine line, OperatorOptions options, string ns, KubeResource definitions)
    {
        OperatorDeployment deployment = CiscoManifests.Deployment(line, ns, options.Image, options.PullSecrets);
        return (deployment.NamespaceManifest(), CiscoManifests.All(deployment, definitions));
    }

    public bool Runs(OperatorWorkload workload) => workload.Label(ObjectOwner.PartOf) is { } partOf && partOf.EndsWith("-istio-operator", StringComparison.Ordinal)
        ? partOf == PartOf
        : workload.ImageName == "istio-operator"
        && (workload.ImageTag?.TrimStart('v') is { } tag && char.IsAsciiDigit(tag.FirstOrDefault()) ? tag[0] == '2' : workload.Kind == "Deployment");
}
