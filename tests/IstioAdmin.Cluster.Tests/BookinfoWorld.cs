using System.Security.Cryptography;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Samples;
using k8s;
using k8s.Models;

namespace IstioAdmin.Cluster.Tests;

/// <summary>
/// A namespace of a real API server with real controllers, for one test. There is no node: the test binds pods and writes their status,
/// as scheduler and kubelet would.
/// </summary>
internal sealed class BookinfoWorld : IReporter, IAsyncDisposable
{
    private static readonly string[] Watched = ["services", "serviceaccounts", "deployments.apps", "configmaps"];

    private readonly string _kubeconfig;

    private BookinfoWorld(MeshCluster cluster, string kubeconfig)
    {
        Cluster = cluster;
        _kubeconfig = kubeconfig;
        Namespace = $"bookinfo-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
    }

    public MeshCluster Cluster { get; }

    public string Namespace { get; }

    public List<string> Warnings { get; } = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Kubernetes Api => Cluster.Client.Api;

    public static async Task<BookinfoWorld> CreateAsync(string kubeconfig)
    {
        var world = new BookinfoWorld(await ConnectAsync(kubeconfig), kubeconfig);
        await world.Api.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = world.Namespace } }, cancellationToken: Cancel);
        await Until(async () => (await world.Api.CoreV1.ListNamespacedServiceAccountAsync(world.Namespace, cancellationToken: Cancel)).Items.Count > 0);
        return world;
    }

    public Task<SamplePlan> PlanAsync(MeshCluster? cluster = null, bool withGateway = false, bool force = false, BookinfoRelease? release = null) =>
        Bookinfo.PlanInstallAsync(cluster ?? Cluster, new BookinfoOptions
        {
            Namespace = Namespace,
            WithGateway = withGateway,
            Force = force,
            Release = release ?? BookinfoRelease.Latest,
        }, this, Cancel);

    public async Task<MeshSample> InstallAsync(TimeSpan? wait = null, MeshCluster? cluster = null, bool withGateway = false, bool force = false) =>
        await Bookinfo.InstallAsync(await PlanAsync(cluster, withGateway, force), wait, this, Cancel);

    public async Task<MeshSample> RemoveAsync(TimeSpan? wait) =>
        await Bookinfo.RemoveAsync(await Bookinfo.PlanRemovalAsync(Cluster, Namespace, this, Cancel), wait, this, Cancel);

    /// <summary>Every object's name and resourceVersion, once controllers have nothing more to write.</summary>
    public async Task<SortedDictionary<string, string>> SettledAsync()
    {
        SortedDictionary<string, string> last = await SnapshotAsync();
        for (int same = 0; same < 4;)
        {
            await Task.Delay(500, Cancel);
            SortedDictionary<string, string> now = await SnapshotAsync();
            same = now.SequenceEqual(last) ? same + 1 : 0;
            last = now;
        }
        return last;
    }

    public async Task<SortedDictionary<string, string>> SnapshotAsync()
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string kind in Watched)
        {
            string path = kind.EndsWith(".apps", StringComparison.Ordinal) ? $"apis/apps/v1/namespaces/{Namespace}/deployments" : $"api/v1/namespaces/{Namespace}/{kind}";
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            using HttpResponseMessage response = await Cluster.Client.SendAsync(request, new KubeSubject("list", kind, Namespace), Cancel);
            JsonNode list = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancel))!;
            foreach (JsonNode? item in list["items"]!.AsArray())
                found[$"{kind}/{(string?)item!["metadata"]!["name"]}"] = (string)item["metadata"]!["resourceVersion"]!;
        }
        return found;
    }

    /// <summary>Connects as a service account of this namespace that is bound to one of the built-in roles.</summary>
    public async Task<MeshCluster> ConnectAsAsync(string clusterRole)
    {
        await Api.CoreV1.CreateNamespacedServiceAccountAsync(new V1ServiceAccount { Metadata = new V1ObjectMeta { Name = clusterRole } }, Namespace, cancellationToken: Cancel);
        await Api.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(new V1RoleBinding
        {
            Metadata = new V1ObjectMeta { Name = clusterRole },
            RoleRef = new V1RoleRef { ApiGroup = "rbac.authorization.k8s.io", Kind = "ClusterRole", Name = clusterRole },
            Subjects = [new Rbacv1Subject { Kind = "ServiceAccount", Name = clusterRole, NamespaceProperty = Namespace }],
        }, Namespace, cancellationToken: Cancel);
        Authenticationv1TokenRequest token = await Api.CoreV1.CreateNamespacedServiceAccountTokenAsync(
            new Authenticationv1TokenRequest { Spec = new V1TokenRequestSpec { Audiences = [] } }, clusterRole, Namespace, cancellationToken: Cancel);
        string path = Path.Combine(Directory.CreateTempSubdirectory("bookinfo-").FullName, "config");
        try
        {
            var config = KubernetesClientConfiguration.LoadKubeConfig(_kubeconfig);
            k8s.KubeConfigModels.Cluster server = config.Clusters.Single();
            await File.WriteAllTextAsync(path, $$"""
                {"apiVersion": "v1", "kind": "Config", "current-context": "c",
                 "clusters": [{"name": "c", "cluster": {"server": "{{server.ClusterEndpoint.Server}}", "certificate-authority-data": "{{server.ClusterEndpoint.CertificateAuthorityData}}"} }],
                 "users": [{"name": "u", "user": {"token": "{{token.Status.Token}}"} }],
                 "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "{{Namespace}}"} }]}
                """, Cancel);
            return await ConnectAsync(path);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }

    /// <summary>Binds every pod that has no node yet to one, and lets it report what the test says.</summary>
    public async Task RunPodsAsync(string node, Func<V1Pod, V1PodStatus> status)
    {
        V1PodList pods = await Api.CoreV1.ListNamespacedPodAsync(Namespace, cancellationToken: Cancel);
        foreach (V1Pod pod in pods.Items.Where(pod => pod.Spec.NodeName is null))
        {
            // Sent as raw JSON: the typed client cannot read the Status that the server answers a binding with.
            using var binding = new HttpRequestMessage(HttpMethod.Post, KubeResource.Pods.Path(Namespace, pod.Metadata.Name, "binding"))
            {
                Content = new StringContent($$"""{"apiVersion":"v1","kind":"Binding","metadata":{"name":"{{pod.Metadata.Name}}"},"target":{"kind":"Node","name":"{{node}}"} }""",
                    new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
            };
            using HttpResponseMessage bound = await Cluster.Client.SendAsync(binding, KubeResource.Pods.Subject("create", Namespace, pod.Metadata.Name, "binding"), Cancel);
            var patch = new V1Patch(new V1Pod { Status = status(pod) }, V1Patch.PatchType.MergePatch);
            await Api.CoreV1.PatchNamespacedPodStatusAsync(patch, pod.Metadata.Name, Namespace, cancellationToken: Cancel);
        }
    }

    /// <summary>A Node object without a machine behind it, so that the pod garbage collector leaves pods on it alone.</summary>
    public async Task<string> AddNodeAsync()
    {
        V1Node node = await Api.CoreV1.CreateNodeAsync(new V1Node { Metadata = new V1ObjectMeta { Name = Namespace } }, cancellationToken: Cancel);
        return node.Metadata.Name;
    }

    public static V1PodStatus Ready(V1Pod pod) => new()
    {
        Phase = "Running",
        Conditions = [new V1PodCondition { Type = "Ready", Status = "True", LastTransitionTime = DateTime.UtcNow }],
    };

    public async Task DeletePodsNowAsync() =>
        await Api.CoreV1.DeleteCollectionNamespacedPodAsync(Namespace, body: new V1DeleteOptions { GracePeriodSeconds = 0 }, cancellationToken: Cancel);

    public static async Task Until(Func<Task<bool>> condition)
    {
        while (!await condition())
            await Task.Delay(100, Cancel);
    }

    public void Warn(string message) => Warnings.Add(message);

    public void Detail(string message) => TestContext.Current.TestOutputHelper?.WriteLine(message);

    public void Progress(string activity, string status, int? percent = null) => TestContext.Current.TestOutputHelper?.WriteLine(status);

    public async ValueTask DisposeAsync()
    {
        // Not the test's token: what a cancelled test has made must go as well.
        await Api.CoreV1.DeleteCollectionNamespacedPodAsync(Namespace, body: new V1DeleteOptions { GracePeriodSeconds = 0 });
        await Api.CoreV1.DeleteNamespaceAsync(Namespace);
        await Api.CoreV1.DeleteCollectionNodeAsync(fieldSelector: $"metadata.name={Namespace}");
        Cluster.Client.Dispose();
    }

    private static Task<MeshCluster> ConnectAsync(string kubeconfig) =>
        ClusterConnector.ConnectAsync(new ConnectOptions { Kubeconfig = [kubeconfig] }, new Silent(), Cancel);

    private sealed class Silent : IReporter
    {
        public void Warn(string message)
        {
        }

        public void Detail(string message)
        {
        }

        public void Progress(string activity, string status, int? percent = null)
        {
        }
    }
}
