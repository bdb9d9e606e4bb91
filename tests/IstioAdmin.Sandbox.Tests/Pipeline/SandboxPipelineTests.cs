using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Pke;
using IstioAdmin.Core.Pke.Changes;
using IstioAdmin.Core.Pke.Connecting;
using IstioAdmin.Core.Pke.Requests;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Pipeline;
using IstioAdmin.Sandbox.Tests.Nodes;
using static IstioAdmin.Sandbox.Tests.Pipeline.PipelineWorld;

namespace IstioAdmin.Sandbox.Tests.Pipeline;

/// <summary>Pipeline on loopback: its clusters are sandboxes that come, change and go.</summary>
public sealed class SandboxPipelineTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_has_the_nodes_of_its_pools_as_PKE_labels_them()
    {
        await using PipelineWorld world = await StartAsync();
        PkeCluster cluster = await world.CreateAsync(Order("demo", Pool("master", "master"), Pool("pool1", "worker", 2, "c5.xlarge") with { Labels = new Dictionary<string, string> { ["tier"] = "gold" } },
            Pool("pool2", "pipeline-system")));

        Assert.Equal(["master-1", "pool1-1", "pool1-2", "pool2-1"], cluster.Nodes.Select(node => node.Name));
        Assert.Equal(["master", "pool1", "pool1", "pool2"], cluster.Nodes.Select(node => node.NodePool));
        Assert.Equal([true, false, false, false], cluster.Nodes.Select(node => node.IsMaster));
        Assert.All(cluster.Nodes, node => Assert.True(node.Ready));
        PkeNode second = cluster.Nodes[2];
        Assert.Equal(("gold", "c5.xlarge", "eu-central-1", "eu-central-1b", "true"), (second.Labels["tier"], second.Labels["node.kubernetes.io/instance-type"],
            second.Labels["topology.kubernetes.io/region"], second.Labels["topology.kubernetes.io/zone"], second.Labels["node.banzaicloud.io/ondemand"]));
        Assert.DoesNotContain("node-role.kubernetes.io/worker", second.Labels.Keys);
        JsonObject master = await Administrator(world).GetAsync("api/v1/nodes/master-1", Cancel);
        Assert.Equal("""[{"effect":"NoSchedule","key":"node-role.kubernetes.io/master"}]""", Sorted(Json.At(master, "spec", "taints")!));
        Assert.Equal(("RUNNING", "1.12.2", "32"), (cluster.StatusText, cluster.Version, cluster.Total!.CpuCapacity));
        Assert.Contains("Kubernetes 1.20 is modelled", cluster.StatusMessage, StringComparison.Ordinal);
        Assert.Equal((1, "c5.xlarge"), (cluster.NodePools.Single(pool => pool.Name == "pool2").Count, cluster.NodePools.Single(pool => pool.Name == "pool1").InstanceType));
    }

    [Fact]
    public async Task A_cluster_of_one_pool_lets_its_control_plane_work()
    {
        await using PipelineWorld world = await StartAsync();
        PkeCluster cluster = await world.CreateAsync(Order("small"));
        Assert.Contains("node-role.kubernetes.io/master-worker", Assert.Single(cluster.Nodes).Labels.Keys);
        Assert.DoesNotContain("node-role.kubernetes.io/master", cluster.Nodes[0].Labels.Keys);

        // A pool that comes later changes nothing about that.
        await PkeChange.SetPoolsAsync(cluster, PkeChange.Plan(cluster, [Pool("pool1", "worker")], []), SandboxWorld.Silent.Instance, Cancel);
        cluster = await SettleAsync(cluster, afterChange: true);
        Assert.Equal(["master-1", "pool1-1"], cluster.Nodes.Select(node => node.Name));
        Assert.Contains("node-role.kubernetes.io/master-worker", cluster.Nodes[0].Labels.Keys);
    }

    [Fact]
    public async Task Its_kubeconfig_leads_to_a_sandbox_and_its_contents_are_what_is_in_there()
    {
        await using PipelineWorld world = await StartAsync();
        PkeCluster cluster = await world.CreateAsync(Order("demo", Pool("master", "master"), Pool("pool1", "worker")));

        MeshCluster mesh = await PkeKubeconfig.ConnectAsync(cluster, oidc: false, name: null, TimeSpan.FromSeconds(60), SandboxWorld.Silent.Instance, Cancel);
        Assert.Equal(("demo", ClusterProvider.Sandbox), (mesh.Name, mesh.Provider));
        Assert.Equal(Assert.Single(world.Host.Clusters).Server, mesh.Server);

        ClusterApi api = Administrator(world);
        await api.PostAsync("api/v1/namespaces/default/services", Json.Parse("""
            {"metadata":{"name":"shop"},"spec":{"type":"LoadBalancer","selector":{"app":"shop"},"ports":[{"port":80}]} }
            """), cancel: Cancel);
        await SandboxWorld.UntilAsync(async () => await api.FindAsync("api/v1/namespaces/default/serviceaccounts/default", Cancel) is not null, "the namespace takes pods");
        await api.PostAsync("api/v1/namespaces/default/pods", Json.Parse("""
            {"metadata":{"name":"shop","labels":{"app":"shop"} },"spec":{"containers":[{"name":"shop","image":"registry.local/shop:1"}]} }
            """), cancel: Cancel);
        PkeCluster now = cluster;
        await SandboxWorld.UntilAsync(async () =>
        {
            now = await PkeClusters.GetAsync(world.Connection, cluster.Id, Cancel);
            return now.Endpoints.Count == 1 && now.Pods is [{ Ready: true }];
        }, "the service has an address, and the pod is ready");
        Assert.Equal(("default", "shop", "Always", "shop"), (now.Pods[0].Namespace, now.Pods[0].Name, now.Pods[0].RestartPolicy, now.Pods[0].Labels["app"]));
        Assert.Equal("shop", now.Endpoints[0].Name);
        Assert.NotEmpty(now.Endpoints[0].Host!);
        Assert.Empty(now.Services);
    }

    [Fact]
    public async Task Pools_are_scaled_added_and_removed_with_their_nodes()
    {
        await using PipelineWorld world = await StartAsync();
        PkeCluster cluster = await world.CreateAsync(Order("demo", Pool("master", "master"), Pool("pool1", "worker"), Pool("pool2", "worker")));

        IReadOnlyList<PkeNodePool> pools = PkeChange.Plan(cluster, [PkeChange.Scaled(cluster, "pool1", 3, null, null, null), Pool("pool3", "worker")], ["pool2"]);
        await PkeChange.SetPoolsAsync(cluster, pools, SandboxWorld.Silent.Instance, Cancel);
        cluster = await SettleAsync(cluster, afterChange: true);

        Assert.Equal(["master-1", "pool1-1", "pool1-2", "pool1-3", "pool3-1"], cluster.Nodes.Select(node => node.Name).Order(StringComparer.Ordinal));
        Assert.Equal(5, Assert.Single(world.Host.Clusters).Nodes);
    }

    [Fact]
    public async Task An_upgrade_is_noted_and_models_what_was_modelled_before()
    {
        await using PipelineWorld world = await StartAsync();
        PkeCluster cluster = await world.CreateAsync(Order("demo"));
        await PkeChange.UpgradeAsync(cluster, "1.99.0", Cancel);
        cluster = await SettleAsync(cluster, afterChange: true);
        Assert.Equal(("1.99.0", "RUNNING"), (cluster.Version, cluster.StatusText));
        Assert.StartsWith("v1.20.", Assert.Single(cluster.Nodes).Version, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hooks_that_do_nothing_are_not_passed_over_in_silence()
    {
        await using PipelineWorld world = await StartAsync();
        PkeCluster cluster = await world.CreateAsync(Order("demo") with { PostHooks = new JsonObject { ["InstallIngressController"] = null } });
        Assert.Equal("WARNING", cluster.StatusText);
        Assert.Contains("post hooks are not modelled, and did nothing: InstallIngressController", cluster.StatusMessage, StringComparison.Ordinal);

        PkeCluster other = await world.CreateAsync(Order("other"));
        Assert.Equal("RUNNING", other.StatusText);
        await PkeChange.RunPostHooksAsync(other, new JsonObject { ["RestoreFromBackup"] = new JsonObject() }, Cancel);
        Assert.Equal("WARNING", (await PkeClusters.GetAsync(world.Connection, other.Id, Cancel)).StatusText);
    }

    [Fact]
    public async Task A_removed_cluster_is_gone_with_its_sandbox_and_its_name_is_free()
    {
        await using PipelineWorld world = await StartAsync();
        PkeCluster cluster = await world.CreateAsync(Order("demo"));
        MeshSandbox sandbox = Assert.Single(world.Host.Clusters);
        string kubeconfig = sandbox.Kubeconfig;
        Assert.True(File.Exists(kubeconfig));

        await RemoveAsync(cluster);

        Assert.Empty(world.Host.Clusters);
        Assert.False(File.Exists(kubeconfig));
        using var http = new HttpClient();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => http.GetAsync(sandbox.Server, Cancel));
        PkeCluster again = await world.CreateAsync(Order("demo"));
        Assert.NotEqual(cluster.Id, again.Id);
    }

    [Fact]
    public async Task While_it_is_created_it_says_so_and_has_no_kubeconfig_and_takes_no_change()
    {
        await using PipelineWorld world = await StartAsync(new PkeTimes(1e9) { Machines = Never });
        PkeCluster begun = await world.BeginAsync(Order("slow"));
        PkeCluster cluster = await PkeClusters.GetAsync(world.Connection, begun.Id, Cancel);
        Assert.Equal(("CREATING", "Cluster creation is in progress", null), (cluster.StatusText, cluster.StatusMessage, cluster.StartedAt));
        Assert.Equal("PkeClusterNotReady", (await Assert.ThrowsAsync<PipelineException>(() => cluster.GetKubeconfigAsync(oidc: false, Cancel))).ErrorId);
        PipelineException refused = await Assert.ThrowsAsync<PipelineException>(() => PkeChange.UpgradeAsync(cluster, "1.13.0", Cancel));
        Assert.Contains("cluster is in CREATING state yet", refused.Error!.ToString(), StringComparison.Ordinal);
        Assert.Empty(world.Host.Clusters);
        (int status, JsonNode? answer) = await world.SendAsync("POST", $"api/v1/orgs/{world.Connection.OrganizationId}/clusters", await BodyAsync(world, Order("slow")));
        Assert.Equal((201, "cluster already exists with this name"), (status, (string?)answer!["message"]));

        // It is removed in the middle of that.
        await RemoveAsync(cluster);
        Assert.Empty(await PkeClusters.ListAsync(world.Connection, Cancel));
    }

    [Fact]
    public async Task The_kubeconfig_comes_before_everything_is_set_up()
    {
        await using PipelineWorld world = await StartAsync(new PkeTimes(1e9) { Setup = Never });
        PkeCluster begun = await world.BeginAsync(Order("slow"));
        await SandboxWorld.UntilAsync(async () => (await PkeClusters.GetAsync(world.Connection, begun.Id, Cancel)).StatusMessage == "running posthooks", "the machines are there");
        Assert.Contains("token:", await begun.GetKubeconfigAsync(oidc: false, Cancel), StringComparison.Ordinal);
        Assert.Equal("slow", Assert.Single(world.Host.Clusters).Name);
    }

    [Theory]
    [InlineData("machines")]
    [InlineData("setup")]
    [InlineData("change")]
    [InlineData("removal")]
    public async Task Stopping_ends_what_is_under_way_and_leaves_nothing(string under)
    {
        PipelineWorld world = await StartAsync(new PkeTimes(1e9)
        {
            Machines = under == "machines" ? Never : TimeSpan.Zero,
            Setup = under == "setup" ? Never : TimeSpan.Zero,
            Change = under == "change" ? Never : TimeSpan.Zero,
            Removal = under == "removal" ? Never : TimeSpan.Zero,
        });
        PkeCluster cluster = await world.BeginAsync(Order("demo"));
        MeshSandbox? sandbox = null;
        if (under != "machines")
        {
            await SandboxWorld.UntilAsync(() => Task.FromResult(world.Host.Clusters.Count == 1), "there is a sandbox");
            sandbox = world.Host.Clusters[0];
        }
        if (under is "change" or "removal")
        {
            await SettleAsync(cluster);
            await (under == "change" ? PkeChange.UpgradeAsync(cluster, "1.13.0", Cancel) : PkeChange.DeleteAsync(cluster, force: false, Cancel));
        }

        await world.DisposeAsync();

        Assert.Empty(world.Host.Clusters);
        Assert.False(File.Exists(sandbox?.Kubeconfig));
    }

    [Theory]
    [InlineData("name", "\"9lives\"", "cluster name '9lives' invalid")]
    [InlineData("name", "\"a: b\"", "cluster name 'a: b' invalid")]
    [InlineData("secretId", "\"61ab77d2\"", "missmatch secret type azure versus amazon")]
    [InlineData("properties.pke.kubernetes.oidc", """{"enabled":true}""", "the sandbox does not model logins through OpenID Connect")]
    [InlineData("properties.pke.nodePools.0.name", "\"Master\"", "node pool name 'Master' invalid: must consist of lower case alphanumeric characters")]
    [InlineData("properties.pke.nodePools.0.providerConfig.autoScalingGroup.size.desired", "5001", "the sandbox models clusters of 1 to 5000 nodes, not of 5001")]
    [InlineData("properties.pke.nodePools.0.providerConfig.autoScalingGroup.size.desired", "0", "the sandbox models clusters of 1 to 5000 nodes, not of 0")]
    [InlineData("properties.pke.nodePools.0.providerConfig.autoScalingGroup.size.desired", "-1", "node pool 'master' cannot have -1 nodes")]
    [InlineData("properties.pke.nodePools.0.roles", """["worker"]""", "exactly one node pool must have the master role")]
    [InlineData("type", "5", "secret not found", "cloud", "\"amazon\"")]
    public async Task What_cannot_be_made_is_refused_and_nothing_is_made(string field, string value, string why, string? otherField = null, string? otherValue = null)
    {
        await using PipelineWorld world = await StartAsync();
        JsonObject body = await BodyAsync(world, Order("demo"));
        Set(body, field, value);
        if (otherField is not null)
        {
            Set(body, otherField, otherValue!);
            Set(body, "secretId", "\"nowhere\"");
        }
        (int status, JsonNode? answer) = await world.SendAsync("POST", $"api/v1/orgs/{world.Connection.OrganizationId}/clusters", body);
        Assert.Equal(400, status);
        Assert.Contains(why, (string?)answer!["error"], StringComparison.Ordinal);
        Assert.Empty(await PkeClusters.ListAsync(world.Connection, Cancel));
    }

    [Fact]
    public async Task A_change_that_cannot_be_made_leaves_the_pools_as_they_were()
    {
        await using PipelineWorld world = await StartAsync();
        PkeCluster cluster = await world.CreateAsync(Order("demo"));
        (int status, JsonNode? answer) = await world.SendAsync("PUT", $"api/v1/orgs/{world.Connection.OrganizationId}/clusters/{cluster.Id}", JsonNode.Parse("""
            {"cloud":"amazon","properties":{"pke":{"nodePools":{"master":{"count":1},"extra":{"instanceType":"c9.huge","count":2} } } } }
            """));
        Assert.Equal(400, status);
        Assert.Contains("node pool 'extra': eu-central-1 has no instance type 'c9.huge'", (string?)answer!["error"], StringComparison.Ordinal);
        cluster = await PkeClusters.GetAsync(world.Connection, cluster.Id, Cancel);
        Assert.Equal(("RUNNING", "master"), (cluster.StatusText, Assert.Single(cluster.NodePools).Name));
    }

    [Fact]
    public async Task What_the_cloud_does_not_have_fails_when_machines_are_to_be_made_and_can_be_removed()
    {
        await using PipelineWorld world = await StartAsync();
        JsonObject body = await BodyAsync(world, Order("bad"));
        Set(body, "properties.pke.nodePools.0.providerConfig.autoScalingGroup.instanceType", "\"c9.large\"");
        PkeCluster begun = (await PkeCreation.CreateAsync(world.Connection, body, SandboxWorld.Silent.Instance, Cancel)).Cluster;
        MeshException failed = await Assert.ThrowsAsync<MeshException>(() => SettleAsync(begun));
        Assert.Equal("PkeClusterFailed", failed.ErrorId);
        Assert.Contains("eu-central-1 has no instance type 'c9.large' that the sandbox knows", failed.Message, StringComparison.Ordinal);
        await RemoveAsync(begun);
    }

    [Fact]
    public async Task Other_clouds_have_clusters_too_side_by_side()
    {
        await using PipelineWorld world = await StartAsync();
        var azure = new PkeClusterOrder
        {
            Name = "azdemo",
            Cloud = "azure",
            Location = "westeurope",
            ResourceGroup = "rg-mesh",
            SecretName = "azure-secret",
            KubernetesVersion = "1.17.9",
            Runtime = "docker",
            Rbac = true,
            NodePools = [new PkeNodePool { Name = "master", Roles = ["master"], InstanceType = "Standard_D2s_v3", Count = 1, MinCount = 1, MaxCount = 1 }],
        };
        var sphere = new PkeClusterOrder
        {
            Name = "spdemo",
            Cloud = "vsphere",
            SecretName = "sphere-secret",
            KubernetesVersion = "1.17.9",
            Runtime = "containerd",
            Rbac = true,
            NodePools = [new PkeNodePool { Name = "master", Roles = ["master"], Vcpu = 2, Ram = 2048, Count = 1, MinCount = 1, MaxCount = 1 }],
        };
        PkeCluster one = await world.CreateAsync(azure), two = await world.CreateAsync(sphere);
        Assert.Equal("docker://19.3.15", Assert.Single(one.Nodes).Runtime);
        Assert.Equal("containerd://1.4.13", Assert.Single(two.Nodes).Runtime);
        Assert.Equal(["azdemo", "spdemo"], world.Host.Clusters.Select(cluster => cluster.Name));
        Assert.NotEqual(world.Host.Clusters[0].Server, world.Host.Clusters[1].Server);
    }

    [Fact]
    public async Task The_clouds_tell_their_regions_machines_and_zones()
    {
        await using PipelineWorld world = await StartAsync();
        Assert.Contains("eu-central-1", (await CloudInfo.RegionsAsync(world.Connection, "amazon", null, Cancel))!);
        Assert.Contains("c5.large", (await CloudInfo.InstanceTypesAsync(world.Connection, "amazon", "eu-central-1", null, Cancel))!);
        Assert.Equal(["eu-central-1a", "eu-central-1b", "eu-central-1c"], await CloudInfo.ZonesAsync(world.Connection, "amazon", "eu-central-1", null, Cancel));
        Assert.Contains("Standard_D2s_v3", (await CloudInfo.InstanceTypesAsync(world.Connection, "azure", "westeurope", null, Cancel))!);
        Assert.Null(await CloudInfo.InstanceTypesAsync(world.Connection, "amazon", "eu-central-9", null, Cancel));
        Assert.Null(await CloudInfo.RegionsAsync(world.Connection, "mars", null, Cancel));
        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.BeginAsync(Order("demo", Pool("master", "master", type: "c5.tiny"))));
        Assert.Contains("eu-central-1 has no instance type 'c5.tiny'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_token_and_the_authority_let_in()
    {
        await using PipelineWorld world = await StartAsync();
        var options = new PipelineOptions { Endpoint = world.Host.Endpoint.ToString(), Token = "wrong" };
        MeshException untrusted = await Assert.ThrowsAnyAsync<MeshException>(() => PipelineConnector.ConnectAsync(options, SandboxWorld.Silent.Instance, Cancel));
        Assert.Equal("PipelineUntrusted", untrusted.ErrorId);
        string authority = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(authority, world.Host.CertificatePem, Cancel);
            MeshException refused = await Assert.ThrowsAnyAsync<MeshException>(() => PipelineConnector.ConnectAsync(options with { CertificateAuthority = authority }, SandboxWorld.Silent.Instance, Cancel));
            Assert.Equal("PipelineUnauthenticated", refused.ErrorId);
        }
        finally
        {
            File.Delete(authority);
        }
        Assert.Equal(("sandbox", "sandbox"), (world.Connection.Organization, world.Connection.Version));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public async Task A_speed_that_is_none_is_refused(double speed)
    {
        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => MeshSandbox.StartAsync(new MeshSandboxOptions { Speed = speed }, Cancel));
        Assert.Equal("SandboxSpeedInvalid", refused.ErrorId);
    }

    private static ClusterApi Administrator(PipelineWorld world) => Assert.Single(world.Host.Clusters).Served.Cluster.Administrator;

    private static async Task<JsonObject> BodyAsync(PipelineWorld world, PkeClusterOrder order) =>
        PkeCreation.Body(await PkeCreation.ResolveAsync(world.Connection, order, SandboxWorld.Silent.Instance, Cancel));

    private static string Sorted(JsonNode taints) =>
        new JsonArray([.. taints.AsArray().Select(taint => new JsonObject(taint!.AsObject().OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))))]).ToJsonString();

    private static void Set(JsonNode node, string path, string json)
    {
        string[] steps = path.Split('.');
        foreach (string step in steps[..^1])
            node = (node is JsonArray array ? array[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)] : node[step])!;
        node[steps[^1]] = JsonNode.Parse(json);
    }
}
