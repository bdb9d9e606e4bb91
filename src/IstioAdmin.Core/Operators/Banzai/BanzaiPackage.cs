using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Operators.Manifests;

namespace IstioAdmin.Core.Operators.Banzai;

/// <summary>Installing and removing Banzai Cloud's operator.</summary>
internal sealed class BanzaiPackage : IOperatorPackage
{
    public string PartOf => BanzaiManifests.PartOf;

    public string Name => BanzaiManifests.Name;

    public string Namespace => BanzaiManifests.Namespace;

    public IReadOnlyList<OperatorLine> Lines => BanzaiRelease.Known;

    /// <summary>The line that this module's behaviour has been tested against.</summary>
    public OperatorLine DefaultLine => BanzaiRelease.Known[0];

    public string? ChartHint => null;

    public IReadOnlyList<KubeResource> Resources { get; } = [BanzaiDefinitions.RemoteIstios, IstioResources.BanzaiIstios, BanzaiDefinitions.MeshGateways];

    /// <summary>The webhook and its service are made when the operator starts (controller-runtime 0.1, <c>BootstrapOptions</c>); nothing owns them.</summary>
    public IReadOnlyList<OwnObject> OwnObjects { get; } =
    [
        new(KubeResource.ValidatingWebhooks, BanzaiManifests.Webhook, "istio.validation.banzaicloud.io"),
        new(KubeResource.Services, BanzaiManifests.Webhook),
        new(KubeResource.ConfigMaps, $"{BanzaiManifests.Name}-leader"),
    ];

    /// <summary><c>pkg/controller/istio/label_namespaces.go</c>; observed on release-1.1: both labels stay when the resource is deleted.</summary>
    public NamespaceMark? Mark { get; } = new("istio-operator-managed-injection", "enabled", ["istio-injection", "istio-operator-managed-injection"]);

    public (ObjectManifest Namespace, IReadOnlyList<ObjectManifest> Objects) Manifests(OperatorLine line, OperatorOptions options, string ns, KubeResource definitions)
    {
        var release = (BanzaiRelease)line;
        OperatorDeployment deployment = BanzaiManifests.Deployment(release, ns, options.Image, options.PullSecrets);
        return (deployment.NamespaceManifest(), BanzaiManifests.All(release, deployment, definitions));
    }

    // Tags of the first generation begin with 0; without a tag only the kind of workload tells the two apart.
    public bool Runs(OperatorWorkload workload) => workload.Label(ObjectOwner.PartOf) is { } partOf && partOf.EndsWith("-istio-operator", StringComparison.Ordinal)
        ? partOf == PartOf
        : workload.ImageName == "istio-operator"
        && (workload.ImageTag?.TrimStart('v') is { } tag && char.IsAsciiDigit(tag.FirstOrDefault()) ? tag[0] == '0' : workload.Kind == "StatefulSet");
}
