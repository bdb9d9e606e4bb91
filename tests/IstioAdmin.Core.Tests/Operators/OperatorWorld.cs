using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Operators;
using IstioAdmin.Core.Tests.Samples;
using IstioAdmin.Testing;
using k8s;

namespace IstioAdmin.Core.Tests.Operators;

/// <summary>A fake server of Kubernetes 1.20 that serves what operators need, and what an administrator does with it.</summary>
internal sealed class OperatorWorld : FakeObjectServer
{
    public const string Definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    public MeshCluster Cluster { get; private set; } = null!;

    public Recorder Reporter { get; } = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<OperatorWorld> StartAsync(string version = "v1.20.2", string definitions = "v1", IReadOnlyList<string>? kubeconfig = null, string? kubeconfigText = null)
    {
        var world = new OperatorWorld { Version = version };
        world.Served.AddRange(
        [
            ($"apiextensions.k8s.io/{definitions}", "customresourcedefinitions", "CustomResourceDefinition", false),
            ("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", false),
            ("admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false),
            ("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", false),
            ("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", false),
        ]);
        await world.ListenAsync();
        var endpoint = new KubeEndpoint("fake", world.Uri, "fake-user", "default")
        {
            Kubeconfig = kubeconfig ?? [],
            KubeconfigText = kubeconfigText is null ? null : new KubeconfigText(kubeconfigText, "lent"),
        };
        var client = new KubeClient(new Kubernetes(new KubernetesClientConfiguration { Host = world.Uri.ToString() }), endpoint);
        world.Cluster = new MeshCluster(client) { Name = "fake", Version = version, Provider = ClusterProvider.Unknown, Istio = [] };
        return world;
    }

    public Task<ChangePlan> PlanAsync(OperatorOptions options) => IstioOperators.PlanInstallAsync(Cluster, options, Reporter, Cancel);

    public async Task<IstioOperator> InstallAsync(OperatorOptions options, TimeSpan? wait = null) =>
        await IstioOperators.InstallAsync(await PlanAsync(options), options, wait ?? Soon, Reporter, Cancel);

    public Task<IstioOperator> InstallAsync(IstioOperatorKind kind) => InstallAsync(new OperatorOptions { Kind = kind });

    public Task<ChangePlan> PlanRemovalAsync(OperatorRemovalOptions options) => IstioOperators.PlanRemovalAsync(Cluster, options, Reporter, Cancel);

    public async Task<IstioOperator> RemoveAsync(OperatorRemovalOptions options) =>
        await IstioOperators.RemoveAsync(await PlanRemovalAsync(options), options, Soon, Reporter, Cancel);

    public async Task<IReadOnlyList<IstioOperator>> FindAsync(params IstioOperatorKind[] kinds)
    {
        List<IstioOperator> found = [];
        await foreach (IstioOperator item in IstioOperators.FindAsync(Cluster, kinds, null, Cancel))
            found.Add(item);
        return found;
    }

    /// <summary>A mesh of the first generation's operator.</summary>
    public string PutIstio(string version = "1.1.14", string finalizer = "istio-operator.finalizer.banzaicloud.io")
    {
        Served.Add(("istio.banzaicloud.io/v1beta1", "istios", "Istio", true));
        const string path = "/apis/istio.banzaicloud.io/v1beta1/namespaces/istio-system/istios/mesh";
        Put(path, $$"""
            {"apiVersion":"istio.banzaicloud.io/v1beta1","kind":"Istio",
             "metadata":{"name":"mesh","namespace":"istio-system","uid":"u-mesh","resourceVersion":"7","finalizers":["{{finalizer}}"]},"spec":{"version":"{{version}}"} }
            """);
        return path;
    }

    /// <summary>A workload that somebody else installed.</summary>
    public void PutWorkload(string plural, string kind, string ns, string name, string image, string metadata = "{}")
    {
        var json = (JsonObject)JsonNode.Parse($$"""
            {"apiVersion":"apps/v1","kind":"{{kind}}","metadata":{"name":"{{name}}","namespace":"{{ns}}","uid":"u-{{name}}","generation":1,
              "managedFields":[{"manager":"kubectl-client-side-apply","operation":"Update"}]},
             "spec":{"replicas":1,"selector":{"matchLabels":{"app":"{{name}}"} },"template":{"spec":{"serviceAccountName":"{{name}}","containers":[
               {"name":"kube-rbac-proxy","image":"gcr.io/kubebuilder/kube-rbac-proxy:v0.8.0"},{"name":"manager","image":"{{image}}"}]} } },
             "status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"readyReplicas":1,"availableReplicas":1,"currentRevision":"r","updateRevision":"r"} }
            """)!;
        foreach ((string field, JsonNode? value) in (JsonObject)JsonNode.Parse(metadata)!)
            json["metadata"]![field] = value!.DeepClone();
        Put($"/apis/apps/v1/namespaces/{ns}/{plural}/{name}", json.ToJsonString());
    }

    public override ValueTask DisposeAsync()
    {
        Cluster.Client.Dispose();
        return base.DisposeAsync();
    }
}
