using System.Text.Json.Nodes;
using IstioAdmin.Core.Health;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Repair;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Core.Tests.Workloads;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Health;

public sealed class MeshTestTests
{
    [Fact]
    public async Task A_mesh_where_all_is_well_passes_every_check()
    {
        await using ClusterWorld world = await MeshAsync();

        IReadOnlyList<MeshCheck> checks = await RunAsync(world);

        Assert.All(checks, check => Assert.True(check.Status == CheckStatus.Pass, $"{check}: {check.Message}"));
        Assert.Equal(MeshTest.Categories, checks.Select(check => check.Category).Distinct());
        Assert.All(checks, check => Assert.Null(check.Hint));
    }

    [Fact]
    public async Task A_server_that_is_gone_fails_and_nothing_else_is_said()
    {
        await using ClusterWorld world = await MeshAsync();
        world.Objects.Refuse = _ => (500, "etcdserver: no leader");

        MeshCheck check = Assert.Single(await RunAsync(world));

        Assert.Equal((CheckStatus.Fail, "ApiReachable"), (check.Status, check.Name));
        Assert.Contains("no leader", check.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/apis/apps/v1/deployments", "ControlPlaneFound", "deployments")]
    [InlineData("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", "InjectorWebhook", "mutatingwebhookconfigurations")]
    [InlineData("/api/v1/namespaces/istio-system/endpoints/istiod", "InjectorEndpoint", "endpoints")]
    [InlineData("/api/v1/namespaces", "NamespacesInjected", "namespaces")]
    [InlineData("/apis/apps/v1/daemonsets", "AgentsReady", "daemonsets")]
    [InlineData("/api/v1/nodes", "AgentOnNode", "nodes")]
    [InlineData("/api/v1/pods", "PodsReady", "pods")]
    public async Task One_permission_less_is_one_check_skipped_and_named(string path, string name, string resource)
    {
        await using ClusterWorld world = await MeshAsync();
        int all = (await RunAsync(world)).Select(check => check.Category).Distinct().Count();
        world.Objects.Refuse = request => request.Path == path ? (403, $"{resource} is forbidden: User \"u\" cannot list resource") : null;

        IReadOnlyList<MeshCheck> checks = await RunAsync(world);

        MeshCheck skipped = Assert.Single(checks, check => check.Name == name);
        Assert.Equal(CheckStatus.Skip, skipped.Status);
        Assert.Contains($"resources: [\"{resource}\"]", skipped.Hint, StringComparison.Ordinal);
        Assert.Equal(all, checks.Select(check => check.Category).Distinct().Count());
        Assert.DoesNotContain(checks, check => check.Status == CheckStatus.Fail);
    }

    [Theory]
    [InlineData("""{"observedGeneration":1,"replicas":2,"updatedReplicas":2,"availableReplicas":1}""", 2, CheckStatus.Warn)]
    [InlineData("""{"observedGeneration":1,"replicas":2,"updatedReplicas":2,"availableReplicas":0}""", 2, CheckStatus.Fail)]
    [InlineData("""{"observedGeneration":1}""", 0, CheckStatus.Fail)]
    public async Task A_control_plane_that_is_not_all_there_is_told(string status, int replicas, CheckStatus told)
    {
        await using ClusterWorld world = await MeshAsync();
        JsonObject plane = world.Objects.Find("/apis/apps/v1/namespaces/istio-system/deployments/istiod")!;
        plane["status"] = JsonNode.Parse(status);
        plane["spec"]!["replicas"] = replicas;

        Assert.Equal(told, Find(await RunAsync(world), "ControlPlaneReady").Status);
    }

    [Fact]
    public async Task What_is_missing_fails()
    {
        await using ClusterWorld world = await MeshAsync();
        world.Objects.Drop("/apis/apps/v1/namespaces/istio-system/deployments/istiod");
        world.Objects.Drop("/apis/apps/v1/namespaces/istio-system/daemonsets/istio-cni-node");
        world.Objects.Put("/api/v1/namespaces/istio-system/endpoints/istiod", """{"metadata":{"name":"istiod"},"subsets":[{"notReadyAddresses":[{"ip":"10.0.0.1"}]}]}""");

        IReadOnlyList<MeshCheck> checks = await RunAsync(world);

        Assert.Equal(["ControlPlaneFound", "InjectorEndpoint", "AgentsReady"], checks.Where(check => check.Status == CheckStatus.Fail).Select(check => check.Name));
        Assert.All(checks.Where(check => check.Status == CheckStatus.Fail), check => Assert.NotNull(check.Hint));
    }

    [Fact]
    public async Task A_webhook_without_CA_or_outside_of_the_cluster_is_told()
    {
        await using ClusterWorld world = await MeshAsync();
        const string path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector";
        JsonNode webhook = world.Objects.Find(path)!["webhooks"]![0]!;

        webhook["clientConfig"]!.AsObject().Remove("caBundle");
        MeshCheck without = Find(await RunAsync(world), "InjectorEndpoint");
        webhook["clientConfig"] = JsonNode.Parse("""{"url":"https://elsewhere.example/inject/cluster/c/net/n"}""");
        MeshCheck outside = Find(await RunAsync(world), "InjectorEndpoint");

        Assert.Equal((CheckStatus.Fail, CheckStatus.Skip), (without.Status, outside.Status));
        Assert.Contains("elsewhere.example", outside.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "{}", CheckStatus.Fail)]
    [InlineData("""{"sidecar.istio.io/inject":"false"}""", "{}", CheckStatus.Pass)]
    [InlineData("{}", """{"hostNetwork":true}""", CheckStatus.Pass)]
    [InlineData("""{"istio.io/dataplane-mode":"ambient"}""", "{}", CheckStatus.Pass)]
    public async Task A_pod_without_sidecar_in_a_labelled_namespace_is_named_unless_it_is_meant(string labels, string spec, CheckStatus status)
    {
        await using ClusterWorld world = await MeshAsync();
        JsonObject bare = world.Objects.PutPod("shop", "bare-5d4f-x", "ReplicaSet", "bare-5d4f");
        JsonObject described = JsonNode.Parse(spec)!.AsObject();
        described["containers"] = JsonNode.Parse("""[{"name":"app","image":"i"}]""");
        bare["spec"] = described;
        bare["metadata"]!["labels"] = JsonNode.Parse(labels);
        bare["metadata"]!.AsObject().Remove("annotations");

        MeshCheck check = Find(await RunAsync(world), "NamespacesInjected");

        Assert.Equal((status, "shop"), (check.Status, check.Target));
        if (status == CheckStatus.Fail)
            Assert.Contains("bare-5d4f-x", check.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.24.0", CheckStatus.Pass)]
    [InlineData("1.23.5", CheckStatus.Pass)]
    [InlineData("1.22.1", CheckStatus.Warn)]
    [InlineData("1.25.0", CheckStatus.Warn)]
    public async Task Sidecars_may_be_of_the_control_planes_release_or_the_one_before(string version, CheckStatus status)
    {
        await using ClusterWorld world = await MeshAsync();
        world.Objects.Find("/api/v1/namespaces/shop/pods/cart-5d4f-x")!["spec"]!["containers"]![1]!["image"] = $"istio/proxyv2:{version}";

        Assert.Equal(status, Find(await RunAsync(world), "ProxyVersion").Status);
    }

    [Fact]
    public async Task Pods_that_are_not_ready_or_have_istio_init_beside_CNI_are_named()
    {
        await using ClusterWorld world = await MeshAsync();
        world.Objects.PutPod("shop", "late-5d4f-x", "ReplicaSet", "late-5d4f", ready: false);
        world.Objects.PutPod("shop", "init-5d4f-x", "ReplicaSet", "init-5d4f")["spec"]!["initContainers"] = JsonNode.Parse("""[{"name":"istio-init","image":"istio/proxyv2:1.24.2"}]""");

        IReadOnlyList<MeshCheck> checks = await RunAsync(world);

        Assert.Equal((CheckStatus.Warn, "1 of 3 are not ready: shop/late-5d4f-x."), (Find(checks, "PodsReady").Status, Find(checks, "PodsReady").Message));
        Assert.Equal(CheckStatus.Warn, Find(checks, "NoIstioInit").Status);
        Assert.Contains("shop/init-5d4f-x", Find(checks, "NoIstioInit").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RedirectionVerdict.NotRedirected, CheckStatus.Fail)]
    [InlineData(RedirectionVerdict.Unverified, CheckStatus.Warn)]
    public async Task Pods_are_counted_by_verdict(RedirectionVerdict verdict, CheckStatus status)
    {
        await using ClusterWorld world = await MeshAsync();
        world.Objects.PutPod("shop", "bad-5d4f-x", "ReplicaSet", "bad-5d4f");

        IReadOnlyList<MeshCheck> checks = await RunAsync(world, pod => pod.Name.StartsWith("bad", StringComparison.Ordinal) ? verdict : RedirectionVerdict.Redirected);

        Assert.Equal([CheckStatus.Pass, status], checks.Where(check => check.Name == "PodsRedirected").Select(check => check.Status));
        Assert.Contains($"{verdict}: 1 pod: shop/bad-5d4f-x.", checks[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_test_of_pods_that_fails_is_skipped()
    {
        await using ClusterWorld world = await MeshAsync();

        IReadOnlyList<MeshCheck> checks = await RunAsync(world, _ => throw new MeshException("X", FailureKind.Forbidden, "may not", "ask"));

        Assert.Equal((CheckStatus.Skip, "may not"), (checks[^1].Status, checks[^1].Message));
    }

    [Fact]
    public async Task A_mesh_that_came_after_the_connection_is_checked_as_it_is_now()
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        var mesh = new FakeBanzai(world.Objects, enabled: true);
        mesh.PutDeployment("cart");
        world.Objects.Find("/api/v1/namespaces/shop/pods/cart-5d4f-1")!["spec"]!["containers"]![1]!["image"] = "docker.io/istio/proxyv2:1.1.14";
        Assert.Empty(world.Cluster.Istio);

        IReadOnlyList<MeshCheck> checks = await RunAsync(world);

        Assert.Equal((CheckStatus.Pass, "No pod has istio-init."), (Find(checks, "NoIstioInit").Status, Find(checks, "NoIstioInit").Message));
        Assert.Equal((CheckStatus.Pass, "Control plane 1.1; sidecars 1.1."), (Find(checks, "ProxyVersion").Status, Find(checks, "ProxyVersion").Message));
    }

    [Fact]
    public async Task A_mesh_that_was_switched_after_the_connection_is_checked_as_it_is_now()
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync(
            new IstioInstallation { Operator = IstioOperatorKind.Banzai, Namespace = "istio-system", Name = "istio-sample", Version = "1.1.14", CniEnabled = true });
        new FakeBanzai(world.Objects).PutDeployment("cart");

        IReadOnlyList<MeshCheck> checks = await RunAsync(world);

        Assert.Equal(CheckStatus.Skip, Find(checks, "AgentsReady").Status);
        Assert.Equal((CheckStatus.Skip, "The CNI plugin is not on."), (Find(checks, "NoIstioInit").Status, Find(checks, "NoIstioInit").Message));
    }

    [Fact]
    public async Task Only_the_wanted_categories_are_asked_for()
    {
        await using ClusterWorld world = await MeshAsync();
        List<MeshCheck> checks = [];

        await foreach (MeshCheck check in new MeshTest(world.Cluster, new MeshTestOptions { Wants = category => category == "ControlPlane" }, world.Reporter).RunAsync(TestContext.Current.CancellationToken))
            checks.Add(check);

        Assert.Equal(["ControlPlaneFound", "ControlPlaneReady"], checks.Select(check => check.Name));
        Assert.DoesNotContain(world.Objects.Server.Requests, request => request.Contains("/pods", StringComparison.Ordinal));
    }

    private static async Task<ClusterWorld> MeshAsync()
    {
        ClusterWorld world = await ClusterWorld.StartAsync(new IstioInstallation { Operator = IstioOperatorKind.None, Namespace = "istio-system", Name = "istiod", Version = "1.24.2", CniEnabled = true });
        world.Objects.PutMesh();
        return world;
    }

    private static MeshCheck Find(IEnumerable<MeshCheck> checks, string name) => Assert.Single(checks, check => check.Name == name);

    private static async Task<IReadOnlyList<MeshCheck>> RunAsync(ClusterWorld world, Func<MeshPod, RedirectionVerdict>? judge = null)
    {
        var options = new MeshTestOptions
        {
            Redirection = (pods, _) => Task.FromResult<IReadOnlyList<BrokenPod>>([.. pods.Select(pod => new BrokenPod(pod, judge?.Invoke(pod) ?? RedirectionVerdict.Redirected, []))]),
        };
        List<MeshCheck> checks = [];
        await foreach (MeshCheck check in new MeshTest(world.Cluster, options, world.Reporter).RunAsync(TestContext.Current.CancellationToken))
            checks.Add(check);
        return checks;
    }
}
