using System.Text.Json.Nodes;
using IstioAdmin.Core.Cni.Prerequisites;
using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Operators;
using IstioAdmin.Core.Tests.Cni.Switching;

namespace IstioAdmin.Core.Tests.Cni.Prerequisites;

public sealed class PrerequisiteTests
{
    [Fact]
    public async Task Where_all_is_well_every_check_passes()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();

        IReadOnlyList<PrerequisiteResult> results = await RunAsync(world);

        Assert.All(results, result => Assert.True(result.Status == PrerequisiteStatus.Pass, $"{result}: {result.Message}"));
        Assert.Equal(["Cluster", "Mesh", "Nodes", "Agent", "Pods"], results.GroupBy(result => result.Category).Select(category => category.Key));
        // Each category in one piece.
        Assert.Equal(5, results.Zip(results.Skip(1)).Count(pair => pair.First.Category != pair.Second.Category) + 1);
        Assert.Empty(world.Objects.Writes);
    }

    [Theory]
    [InlineData("Reconciling", "", PrerequisiteStatus.Pass)]
    [InlineData("Created", "", PrerequisiteStatus.Pass)]
    [InlineData("ReconcileFailed", "no image", PrerequisiteStatus.Warn)]
    [InlineData("Unmanaged", "", PrerequisiteStatus.Warn)]
    public async Task An_operator_that_is_at_work_is_no_trouble(string said, string error, PrerequisiteStatus expected)
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Operator.Resource["status"] = new JsonObject { ["Status"] = said, ["ErrorMessage"] = error };

        Assert.Equal(expected, Find(await RunAsync(world), "OperatorHealthy").Status);
    }

    [Theory]
    [InlineData(ClusterProvider.Gke, "v1.31.0-gke.1", "/opt/cni/bin", "BinDirectory", "-BinDir /home/kubernetes/bin")]
    [InlineData(ClusterProvider.Unknown, "v1.31.0+k3s1", "/opt/cni/bin", "BinDirectory", "-BinDir /var/lib/rancher/k3s/data/cni")]
    [InlineData(ClusterProvider.Kind, "v1.31.0", "/usr/bin", "BinDirectory", "-BinDir /opt/cni/bin")]
    public async Task A_directory_that_the_providers_nodes_do_not_use_fails_with_the_right_one(ClusterProvider provider, string version, string bin, string name, string hint)
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Objects.Drop("/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node");

        PrerequisiteResult result = Find(await RunAsync(world, new CniWish { BinDir = bin, ConfDir = "/etc/cni/net.d" }, provider, version), name);

        Assert.Equal((PrerequisiteStatus.Fail, true), (result.Status, result.IsFatal));
        Assert.Contains(hint, result.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ClusterProvider.Gke, "v1.31.0-gke.1", "/etc/cni/net.d", "/home/kubernetes/bin")]
    [InlineData(ClusterProvider.Unknown, "v1.31.0+k3s1", "/var/lib/rancher/k3s/agent/etc/cni/net.d", "/var/lib/rancher/k3s/data/cni")]
    [InlineData(ClusterProvider.OpenShift, "v1.31.0", "/etc/cni/multus/net.d", "/var/lib/cni/bin")]
    [InlineData(ClusterProvider.Pke, "v1.15.3", null, null)]
    public async Task Without_other_directories_the_providers_own_are_set(ClusterProvider provider, string version, string? conf, string? bin)
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();

        CniPlan plan = await CniSwitch.PlanEnableAsync(Cluster(world, provider, version), new CniRequest { CheckPrerequisites = false }, world.World.Reporter, TestContext.Current.CancellationToken);

        JsonNode? set = Assert.Single(plan.Changes).Fields!["spec"]!["sidecarInjector"]!["initCNIConfiguration"];
        Assert.Equal((bin, conf is "/etc/cni/net.d" ? null : conf), ((string?)set!["binDir"], (string?)set["confDir"]));
    }

    [Fact]
    public async Task What_the_main_plugins_DaemonSet_mounts_counts_where_the_provider_is_not_known()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Objects.Find("/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node")!["spec"]!["template"]!["spec"]!["volumes"] =
            JsonNode.Parse("""[{"name":"n","hostPath":{"path":"/srv/net.d"}},{"name":"b","hostPath":{"path":"/srv/cni/bin/"}}]""");

        Assert.Equal(PrerequisiteStatus.Warn, Find(await RunAsync(world), "ConfDirectory").Status);
        IReadOnlyList<PrerequisiteResult> results = await RunAsync(world, provider: ClusterProvider.Unknown);

        Assert.Equal((PrerequisiteStatus.Fail, "Use -ConfDir /srv/net.d."), (Find(results, "ConfDirectory").Status, Find(results, "ConfDirectory").Hint));
        Assert.Equal((PrerequisiteStatus.Fail, "Use -BinDir /srv/cni/bin."), (Find(results, "BinDirectory").Status, Find(results, "BinDirectory").Hint));
    }

    [Fact]
    public async Task OpenShift_needs_the_plugin_called_by_Multus()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();

        Assert.Equal(PrerequisiteStatus.Fail, Find(await RunAsync(world, provider: ClusterProvider.OpenShift), "Chaining").Status);
    }

    [Fact]
    public async Task GKE_without_network_policy_is_warned_about()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        Assert.Equal(PrerequisiteStatus.Pass, Find(await RunAsync(world, provider: ClusterProvider.Gke), "NetworkPolicy").Status);
        world.Objects.Drop("/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node");

        Assert.Equal(PrerequisiteStatus.Warn, Find(await RunAsync(world, provider: ClusterProvider.Gke), "NetworkPolicy").Status);
    }

    [Fact]
    public async Task A_namespace_that_refuses_the_agents_fails()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Objects.Put("/api/v1/namespaces/istio-system", """{"metadata":{"name":"istio-system","labels":{"pod-security.kubernetes.io/enforce":"baseline"}}}""");

        PrerequisiteResult result = Find(await RunAsync(world), "PodSecurity");

        Assert.True(result.IsFatal);
        Assert.Contains("kubectl label --overwrite namespace istio-system pod-security.kubernetes.io/enforce=privileged", result.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_excluded_namespace_with_pods_of_the_mesh_fails()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();

        PrerequisiteResult result = Find(await RunAsync(world, new CniWish { ExcludedNamespaces = ["kube-system", "shop"] }), "ExcludedNamespaces");

        Assert.Equal((true, "shop"), (result.IsFatal, result.Target));
        Assert.Contains("3 pods", result.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"name":"migrate"},{"name":"istio-init"}]""", null, "migrate")]
    [InlineData("""[{"name":"istio-init"},{"name":"late"}]""", null, null)]
    [InlineData("""[{"name":"migrate","securityContext":{"runAsUser":1337}},{"name":"istio-init"}]""", null, null)]
    [InlineData("""[{"name":"istio-proxy","restartPolicy":"Always"},{"name":"migrate"},{"name":"istio-init"}]""", null, null)]
    [InlineData("""[{"name":"migrate"},{"name":"istio-init"}]""", "10.0.0.0/8", "migrate")]
    public async Task Init_containers_that_had_the_network_to_themselves_are_warned_about(string containers, string? excluded, string? warned)
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        JsonObject pod = world.Objects.Find($"/api/v1/namespaces/shop/pods/{world.Operator.Pods("pay")[0]}")!;
        pod["spec"]!["initContainers"] = JsonNode.Parse(containers);
        if (excluded is not null)
            pod["metadata"]!["annotations"]!["traffic.sidecar.istio.io/excludeOutboundIPRanges"] = excluded;

        PrerequisiteResult result = Find(await RunAsync(world), "InitContainers");

        Assert.Equal(warned is null ? PrerequisiteStatus.Pass : PrerequisiteStatus.Warn, result.Status);
        Assert.False(result.IsFatal);
        if (warned is not null)
        {
            Assert.Contains($"Init container {warned} runs before istio-init", result.Message, StringComparison.Ordinal);
            Assert.Contains("runAsUser: 1337", result.Hint, StringComparison.Ordinal);
            Assert.Contains("excludeOutboundIPRanges", result.Hint, StringComparison.Ordinal);
            Assert.Equal(excluded is not null, result.Message.Contains("excludes some outbound traffic", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("/apis/apps/v1/daemonsets", "MainPlugin", "daemonsets")]
    [InlineData("/api/v1/namespaces/istio-system", "PodSecurity", "namespaces")]
    [InlineData("/api/v1/pods", "InitContainers", "pods")]
    public async Task What_may_not_be_looked_at_is_unknown_and_names_the_permission(string path, string name, string resource)
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Objects.Refuse = request => request.Path == path ? (403, $"{resource} is forbidden: User \"u\" cannot list resource \"{resource}\"") : null;

        PrerequisiteResult result = Find(await RunAsync(world), name);

        Assert.Equal(PrerequisiteStatus.Unknown, result.Status);
        Assert.Contains($"resources: [\"{resource}\"]", result.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_mesh_on_a_new_cluster_is_warned_about()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();

        Assert.Equal(PrerequisiteStatus.Warn, Find(await RunAsync(world, version: "v1.22.1"), "KubernetesVersion").Status);
    }

    private static MeshCluster Cluster(SwitchWorld world, ClusterProvider provider, string version) =>
        new(world.World.Cluster.Client) { Name = "fake", Version = version, Provider = provider, Istio = [] };

    private static Task<IReadOnlyList<PrerequisiteResult>> RunAsync(SwitchWorld world, CniWish? wish = null, ClusterProvider provider = ClusterProvider.Pke, string version = "v1.15.3") =>
        MeshPrerequisites.RunAsync(Cluster(world, provider, version), null, wish ?? new CniWish(), world.World.Reporter, TestContext.Current.CancellationToken);

    private static PrerequisiteResult Find(IEnumerable<PrerequisiteResult> results, string name) => results.First(result => result.Name == name);
}
