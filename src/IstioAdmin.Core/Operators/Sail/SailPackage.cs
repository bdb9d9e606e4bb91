using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Kube.Detection;

namespace IstioAdmin.Core.Operators.Sail;

/// <summary>Installing and removing the Sail operator, which comes as a Helm chart (istio-ecosystem/sail-operator, <c>chart</c>).</summary>
internal sealed class SailPackage : IOperatorPackage
{
    public string PartOf => "sailoperator";

    public string Name => "sail-operator";

    public string Namespace => "sail-operator";

    public IReadOnlyList<OperatorLine> Lines => [];

    public OperatorLine? DefaultLine => null;

    public string ChartHint => "'sail-operator/sail-operator' after 'helm repo add sail-operator https://istio-ecosystem.github.io/sail-operator'";

    /// <summary>Tags and nodes' agents first; revisions are owned by Istio resources and go with them.</summary>
    public IReadOnlyList<KubeResource> Resources { get; } =
    [
        IstioResources.SailCnis with { Plural = "istiorevisiontags", Kind = "IstioRevisionTag" },
        IstioResources.SailIstios,
        IstioResources.SailRevisions,
        IstioResources.SailCnis with { Plural = "ztunnels", Kind = "ZTunnel" },
        IstioResources.SailCnis,
    ];

    public IReadOnlyList<OwnObject> OwnObjects => [];

    /// <summary>It marks no namespaces.</summary>
    public NamespaceMark? Mark => null;

    public (ObjectManifest Namespace, IReadOnlyList<ObjectManifest> Objects) Manifests(OperatorLine line, OperatorOptions options, string ns, KubeResource definitions) =>
        throw new NotSupportedException("The Sail operator is installed from its chart.");

    /// <summary>By its image, Red Hat's build among them (OpenShift Service Mesh 3, Deployment servicemesh-operator3).</summary>
    public bool Runs(OperatorWorkload workload) =>
        workload.ImageName is "sail-operator" or "istio-rhel9-operator"
        || (workload.Label(ObjectOwner.PartOf) == PartOf && workload.Label("app.kubernetes.io/component") == "sail-operator");
}
