using System.Text.Json;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Tests.Kube.World;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Kube.Detection;

/// <summary>What connecting finds out about clusters. Each fixture says which paths a cluster answers, and how.</summary>
public sealed class DetectionTests : IDisposable
{
    private readonly KubeWorld _world = new();

    [Theory]
    [InlineData("pke-banzai", ClusterProvider.Pke)]
    [InlineData("eks-istioctl", ClusterProvider.Eks)]
    [InlineData("openshift-sail", ClusterProvider.OpenShift)]
    [InlineData("gke-cisco", ClusterProvider.Gke)]
    [InlineData("kind-plain", ClusterProvider.Kind)]
    public async Task The_provider_is_told(string fixture, ClusterProvider provider)
    {
        using KubeClient client = (await ConnectAsync(fixture)).Client;

        Assert.Equal(provider, _connected!.Provider);
    }

    [Theory]
    [InlineData("v1.29.4+IKS", "kubernetes.io/os", null, ClusterProvider.Iks)]
    [InlineData("v1.28.3", "kubernetes.azure.com/cluster", "azure:///subscriptions/x", ClusterProvider.Aks)]
    [InlineData("v1.31.2-eks-7f9249a", null, null, ClusterProvider.Eks)]
    [InlineData("v1.31.5-gke.1068000", null, null, ClusterProvider.Gke)]
    [InlineData("v1.20.2", "nodepool.banzaicloud.io/name", "azure:///subscriptions/x", ClusterProvider.Pke)]
    [InlineData("v1.20.2-eks-1", "nodepool.banzaicloud.io/name", "aws:///eu-west-1a/i-0", ClusterProvider.Eks)]
    [InlineData("v1.29.0", "node.openshift.io/os_id", "ibm:///x", ClusterProvider.OpenShift)]
    [InlineData("v1.15.3+istioadmin.sandbox", null, null, ClusterProvider.Sandbox)]
    [InlineData("v1.30.0+k3s1", "node.kubernetes.io/instance-type", "k3s://x", ClusterProvider.Unknown)]
    public void Version_node_labels_and_provider_ids_tell_the_provider(string version, string? label, string? providerId, ClusterProvider provider)
    {
        var evidence = new ClusterEvidence(version, null, [new NodeEvidence(label is null ? [] : [label], providerId)]);

        Assert.Equal(provider, ProviderTable.Find(evidence));
    }

    [Fact]
    public void Every_row_of_the_tables_names_its_source_and_a_clue()
    {
        Assert.All(ProviderTable.Rows, row =>
        {
            Assert.False(string.IsNullOrWhiteSpace(row.Source));
            Assert.True((row.VersionContains ?? row.NodeKeyPrefix ?? row.ProviderIdPrefix ?? row.GroupSuffix) is { Length: > 0 });
        });
        Assert.All(OperatorRow.Rows, row => Assert.False(string.IsNullOrWhiteSpace(row.Source)));
        Assert.All(CniRow.Rows, row => Assert.False(string.IsNullOrWhiteSpace(row.Source)));
    }

    [Fact]
    public async Task Banzais_operator_is_found_with_its_CNI()
    {
        IstioInstallation istio = Assert.Single(await IstioOfAsync("pke-banzai"));

        Assert.Equal((IstioOperatorKind.Banzai, "istio-system", "mesh", "1.1.14", null), (istio.Operator, istio.Namespace, istio.Name, istio.Version, istio.Revision));
        Assert.True(istio.CniEnabled);
        // The ConfigMap's list, not the resource's.
        Assert.Equal(["istio-system", "kube-system"], istio.CniExcludedNamespaces);
    }

    [Fact]
    public async Task Without_an_operator_the_control_planes_workloads_are_found_each_revision_for_itself()
    {
        IReadOnlyList<IstioInstallation> found = await IstioOfAsync("eks-istioctl");

        Assert.Equal([("istiod", "1.24.2", null), ("istiod-canary", "1.25.0-rc.1", "canary")], found.Select(i => (i.Name, i.Version, i.Revision)));
        Assert.All(found, istio =>
        {
            Assert.Equal(IstioOperatorKind.None, istio.Operator);
            Assert.True(istio.CniEnabled);
            Assert.Equal(["kube-system", "istio-system"], istio.CniExcludedNamespaces);
        });
    }

    [Fact]
    public async Task Sails_revisions_are_found_under_their_Istios_name()
    {
        IReadOnlyList<IstioInstallation> found = await IstioOfAsync("openshift-sail");

        Assert.Equal(
            [("default", "1.24.2", "default-v1-24-2"), ("default", "1.24.3", "default-v1-24-3"), ("pending", "1.23", null)],
            found.Select(i => (i.Name, i.Version, i.Revision)));
        Assert.All(found, istio => Assert.Equal((IstioOperatorKind.Sail, true), (istio.Operator, istio.CniEnabled)));
    }

    [Fact]
    public async Task Ciscos_control_plane_is_found_with_the_DaemonSet_of_its_revision()
    {
        IstioInstallation istio = Assert.Single(await IstioOfAsync("gke-cisco"));

        Assert.Equal((IstioOperatorKind.Cisco, "cp-v117x", "1.17.8", "cp-v117x.istio-system"), (istio.Operator, istio.Name, istio.Version, istio.Revision));
        Assert.Equal((bool?)true, istio.CniEnabled);
        Assert.Equal(["kube-system"], istio.CniExcludedNamespaces);
    }

    [Fact]
    public async Task A_control_plane_without_the_plugin_has_CNI_off()
    {
        IstioInstallation istio = Assert.Single(await IstioOfAsync("kind-plain"));

        Assert.Equal(("1.22.0", (bool?)false), (istio.Version, istio.CniEnabled));
        Assert.Empty(istio.CniExcludedNamespaces);
    }

    [Fact]
    public async Task What_may_not_be_read_stays_unknown_and_is_noted()
    {
        JsonElement fixture = Fixture("eks-istioctl");
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.Request.Path.Value switch
        {
            "/api/v1/nodes" or "/apis/apps/v1/daemonsets" => KubeWorld.Status(context, 403, "Forbidden", "User \"jane\" cannot list"),
            _ => Answer(context, fixture),
        });

        MeshCluster cluster = await _world.ConnectAsync(_world.Kubeconfig(server.Uri));

        using KubeClient client = cluster.Client;
        Assert.Equal(ClusterProvider.Eks, cluster.Provider);
        Assert.All(cluster.Istio, istio => Assert.Null(istio.CniEnabled));
        Assert.Contains(_world.Reporter.Details, d => d.Contains("could not list nodes", StringComparison.Ordinal));
        Assert.Contains(_world.Reporter.Details, d => d.Contains("could not list daemonsets.apps", StringComparison.Ordinal));
        Assert.Empty(_world.Reporter.Warnings);
    }

    [Fact]
    public async Task A_user_who_may_read_nothing_is_connected_nevertheless()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context =>
            context.Request.Path == "/version" ? KubeWorld.AnswerBare(context) : KubeWorld.Status(context, 403, "Forbidden", "User \"jane\" cannot"));

        MeshCluster cluster = await _world.ConnectAsync(_world.Kubeconfig(server.Uri));

        using KubeClient client = cluster.Client;
        Assert.Equal((ClusterProvider.Unknown, 0), (cluster.Provider, cluster.Istio.Count));
    }

    [Theory]
    [InlineData("""{"items":null}""")]
    [InlineData("""{"items":[null, 3, "x", [], {}]}""")]
    [InlineData("""{"items":[{"metadata":{"name":5,"labels":[],"annotations":"x"},"spec":{"template":{"spec":{"containers":[{}, null]}}}}]}""")]
    [InlineData("[]")]
    public async Task Odd_objects_do_not_break_the_connection(string list)
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.Request.Path.Value switch
        {
            "/version" => KubeWorld.AnswerBare(context),
            "/apis" => KubeWorld.Json(context, Groups("istio.banzaicloud.io/v1beta1", "servicemesh.cisco.com/v1alpha1", "sailoperator.io/v1")),
            _ => KubeWorld.Json(context, list),
        });

        using KubeClient client = (await _world.ConnectAsync(_world.Kubeconfig(server.Uri))).Client;
    }

    [Theory]
    [InlineData("docker.io/istio/pilot:1.24.2", "1.24.2")]
    [InlineData("localhost:5000/istio/pilot:1.24.2-distroless", "1.24.2")]
    [InlineData("gcr.io/istio-release/pilot:1.25.0-rc.1", "1.25.0-rc.1")]
    [InlineData("istio/pilot:1.32-alpha.527f8d6c", "1.32")]
    [InlineData("ghcr.io/banzaicloud/istio-pilot:1.9.5-bzc.1", "1.9.5")]
    [InlineData("istio/pilot:v1.24.2@sha256:0123", "1.24.2")]
    [InlineData("localhost:5000/istio/pilot", null)]
    [InlineData("istio/pilot@sha256:0123", null)]
    [InlineData("istio/pilot:latest", null)]
    [InlineData("istio/pilot:", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void An_image_tells_its_version_when_its_tag_is_one(string? image, string? version) => Assert.Equal(version, IstioVersion.OfImage(image));

    [Theory]
    [InlineData("""{"data":{"cni_network_config":"{\"type\":\"istio-cni\",\"kubernetes\":{\"exclude_namespaces\":[\"a\",\"b\"]}}"}}""", "a,b")]
    [InlineData("""{"data":{"cni_network_config":"{\"plugins\":[{\"type\":\"bridge\"},{\"type\":\"istio-cni\",\"kubernetes\":{\"exclude_namespaces\":[\"a\"]}}]}"}}""", "a")]
    [InlineData("""{"data":{"cni_network_config":"{\"kubernetes\":{\"exclude_namespaces\":null}}"}}""", "")]
    [InlineData("""{"data":{"EXCLUDE_NAMESPACES":"istio-system, kube-system,"}}""", "istio-system,kube-system")]
    [InlineData("""{"data":{"EXCLUDE_NAMESPACES":""}}""", "")]
    [InlineData("""{"data":{"cni_network_config":"{ not json"}}""", null)]
    [InlineData("""{"data":{"other":"x"}}""", null)]
    [InlineData("""{}""", null)]
    public void Excluded_namespaces_are_read_from_both_forms_of_the_ConfigMap(string configMap, string? namespaces)
    {
        using JsonDocument document = JsonDocument.Parse(configMap);

        IReadOnlyList<string>? found = CniConfigMap.ExcludedNamespaces(document.RootElement);

        Assert.Equal(namespaces, found is null ? null : string.Join(',', found));
    }

    public void Dispose() => _world.Dispose();

    private MeshCluster? _connected;

    private async Task<MeshCluster> ConnectAsync(string name)
    {
        JsonElement fixture = Fixture(name);
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => Answer(context, fixture));
        _connected = await _world.ConnectAsync(_world.Kubeconfig(server.Uri));
        return _connected;
    }

    private async Task<IReadOnlyList<IstioInstallation>> IstioOfAsync(string name)
    {
        MeshCluster cluster = await ConnectAsync(name);
        cluster.Client.Dispose();
        return cluster.Istio;
    }

    /// <summary>Answers a path of the fixture; its key may carry the decoded query's label selector, as in <c>/apis/apps/v1/daemonsets?k8s-app=istio-cni-node</c>.</summary>
    private static Task Answer(HttpContext context, JsonElement fixture)
    {
        string path = context.Request.Path.Value!;
        string selected = $"{path}?{context.Request.Query["labelSelector"]}";
        if (fixture.TryGetProperty(selected, out JsonElement body) || fixture.TryGetProperty(path, out body))
        {
            string text = body.ValueKind == JsonValueKind.Array && path == "/apis" ? Groups([.. body.EnumerateArray().Select(g => g.GetString()!)])
                : body.ValueKind == JsonValueKind.Array ? $$"""{"kind":"List","items":{{body.GetRawText()}}}"""
                : body.GetRawText();
            return KubeWorld.Json(context, text);
        }
        return path.StartsWith("/apis/apps/", StringComparison.Ordinal) || path == "/api/v1/nodes"
            ? KubeWorld.AnswerBare(context)
            : KubeWorld.Status(context, 404, "NotFound", "not in the fixture");
    }

    private static string Groups(params string[] groupVersions) => JsonSerializer.Serialize(new
    {
        kind = "APIGroupList",
        groups = groupVersions.Select(gv => new { name = gv.Split('/')[0], versions = new[] { new { groupVersion = gv } } }),
    });

    private static JsonElement Fixture(string name)
    {
        using Stream stream = typeof(DetectionTests).Assembly.GetManifestResourceStream($"Fixtures.{name}.json")!;
        return JsonDocument.Parse(stream).RootElement;
    }
}
