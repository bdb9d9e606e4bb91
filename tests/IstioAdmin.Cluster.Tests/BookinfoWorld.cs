using System.Text.Json.Nodes;
using IstioAdmin.Cluster.Tests.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Samples;
using IstioAdmin.Core;
using IstioAdmin.Testing;
using k8s.Models;
using k8s;

namespace IstioAdmin.Cluster.Tests;

/// <summary>
/// A namespace of an API server with controllers, for one test. No node takes pods: the test binds pods and writes their status,
/// as scheduler and kubelet would.
/// </summary>
internal sealed class BookinfoWorld : IReporter, IAsyncDisposable
{
    private static readonly string[] Watched = ["services", "serviceaccounts", "deployments.apps", "configmaps"];

    private readonly TestCluster _plane;

    private BookinfoWorld(TestCluster plane, MeshCluster cluster, string ns)
    {
        _plane = plane;
        Cluster = cluster;
        Namespace = ns;
    }

    public MeshCluster Cluster { get; }

    public string Namespace { get; }

    public List<string> Warnings { get; } = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Kubernetes Api => Cluster.Client.Api;

    public static async Task<BookinfoWorld> CreateAsync(ITestClusters clusters)
    {
        TestCluster plane = await clusters.SharedAsync();
        return new BookinfoWorld(plane, await ConnectAsync(plane.Kubeconfig), await plane.CreateNamespaceAsync("bookinfo"));
    }

    public Task<ChangePlan> PlanAsync(MeshCluster? cluster = null, bool withGateway = false, bool force = false, BookinfoRelease? release = null) =>
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
        for (int same = 0; same < 10;)
        {
            await Task.Delay(200, Cancel);
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

    /// <summary>Connects as somebody who may do this, in this namespace, with the sample's kinds of objects, and nothing else.</summary>
    public async Task<MeshCluster> ConnectAsAsync(string user, string verbs) =>
        await ConnectAsync(await _plane.CreateUserAsync(Namespace, user, verbs, "services,serviceaccounts,deployments.apps,pods"));

    /// <summary>Whether the API server would take one more deployment.</summary>
    public async Task<bool> TakesDeploymentsAsync()
    {
        var probe = new V1Deployment
        {
            Metadata = new V1ObjectMeta { Name = "probe" },
            Spec = new V1DeploymentSpec
            {
                Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "probe" } },
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = new Dictionary<string, string> { ["app"] = "probe" } },
                    Spec = new V1PodSpec { Containers = [new V1Container { Name = "probe", Image = "probe:1" }] },
                },
            },
        };
        try
        {
            await Api.AppsV1.CreateNamespacedDeploymentAsync(probe, Namespace, dryRun: "All", cancellationToken: Cancel);
            return true;
        }
        catch (k8s.Autorest.HttpOperationException refused) when (refused.Response.StatusCode == System.Net.HttpStatusCode.Forbidden)
        {
            return false;
        }
    }

    /// <summary>Waits until the controllers have made a pod for each deployment.</summary>
    public Task PodsExistAsync() => Eventually.BecomesTrueAsync(
        async () => (await Api.CoreV1.ListNamespacedPodAsync(Namespace, cancellationToken: Cancel)).Items.Count == 6, "every deployment has its pod");

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
        ClusterConnector.ConnectAsync(new ConnectOptions { Kubeconfig = [kubeconfig] }, LiveClient.Reporter, Cancel);
}
