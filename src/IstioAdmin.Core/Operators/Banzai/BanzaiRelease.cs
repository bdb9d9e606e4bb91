namespace IstioAdmin.Core.Operators.Banzai;

/// <summary>A release line of Banzai Cloud's operator: one branch, one minor version of Istio.</summary>
/// <param name="Istio">Minor version of Istio: 4 for 1.4.</param>
/// <param name="Image">The line's last image.</param>
/// <param name="OldestKubernetes">Oldest minor version of Kubernetes 1.x that it runs on, from the branch's README.</param>
internal sealed record BanzaiRelease(int Istio, string Image, int OldestKubernetes) : OperatorLine(Istio, Image, OldestKubernetes, LastKubernetes)
{
    /// <summary>
    /// Newest minor version of Kubernetes 1.x: every line writes webhooks, and all but one definitions, as v1beta1, which Kubernetes 1.22 removed
    /// (<c>pkg/resources/sidecarinjector/webhook.go</c> and <c>pkg/k8sutil</c> of each branch).
    /// </summary>
    private const int LastKubernetes = 21;

    private const string OldRepository = "docker.io/banzaicloud/istio-operator";
    private const string Repository = "ghcr.io/banzaicloud/istio-operator";

    /// <summary>
    /// The known lines, oldest first. Source: banzaicloud/istio-operator, branches release-1.1 to release-1.9,
    /// <c>deploy/charts/istio-operator/values.yaml</c> and <c>README.md</c>.
    /// </summary>
    public static IReadOnlyList<BanzaiRelease> Known { get; } =
    [
        new(1, $"{OldRepository}:0.1.21", 10),
        new(2, $"{OldRepository}:0.2.8", 10),
        new(3, $"{OldRepository}:0.3.9", 13),
        new(4, $"{OldRepository}:0.4.16", 13),
        new(5, $"{OldRepository}:0.5.15", 13),
        new(6, $"{OldRepository}:0.6.22", 15),
        new(7, $"{Repository}:0.7.14", 16),
        new(8, $"{Repository}:0.8.15", 16),
        new(9, $"{Repository}:v0.9.11", 17),
    ];

    /// <summary>What <c>spec.version</c> must match. Up to 1.5 the branch's own version, anchored at the start only; then any 1.x.</summary>
    public string VersionPattern => Istio <= 5 ? $"^1.{Istio}" : "^1.";

    /// <summary>Whether <c>spec.mtls</c> must be given.</summary>
    public bool RequiresMtls => Istio <= 3;

    /// <summary>Whether there are MeshGateway resources, of which the Istio resource makes its own gateways.</summary>
    public bool HasMeshGateways => Istio >= 4;

    /// <summary>Port of the pods on which the operator serves its validating webhook (controller-runtime 0.1 and what followed).</summary>
    public int WebhookPort => Istio <= 5 ? 443 : 9443;

    /// <summary>Whether the operator writes the webhook's configuration and service itself, instead of filling in the certificate.</summary>
    public bool MakesItsWebhook => Istio <= 6;

    /// <summary>Whether the operator elects a leader and must be told where.</summary>
    public bool ElectsLeader => Istio >= 6;

    /// <summary>Whether it must be told the address of its webhook's service for the certificate.</summary>
    public bool NeedsWebhookAddress => Istio >= 8;
}
