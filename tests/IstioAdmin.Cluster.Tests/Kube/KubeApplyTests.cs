using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Kube.Watching;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Kube;

/// <summary>On the real API server.</summary>
public sealed class KubeApplyOnRealServerTests(Testbed testbed) : KubeApplyTests(testbed);

/// <summary>On the sandbox, which is to be no different.</summary>
public sealed class KubeApplyOnSandboxTests(SandboxClusters sandbox) : KubeApplyTests(sandbox);

public abstract class KubeApplyTests(ITestClusters clusters)
{
    private static readonly KubeResource Deployments = new("apps", "v1", "deployments", "Deployment", true);

    [Fact]
    public async Task Says_created_unchanged_and_changed()
    {
        (KubeClient client, string ns) = await StartAsync();
        using KubeClient _ = client;

        Assert.Equal(ApplyOutcome.Created, (await client.ApplyConfigMapAsync(ns, "a")).Outcome);
        Assert.Equal(ApplyOutcome.Unchanged, (await client.ApplyConfigMapAsync(ns, "a")).Outcome);
        Assert.Equal(ApplyOutcome.Changed, (await client.ApplyConfigMapAsync(ns, "a", "2")).Outcome);
        AppliedObject again = await client.ApplyConfigMapAsync(ns, "a", "2");
        Assert.Equal((ApplyOutcome.Unchanged, "2"), (again.Outcome, (string?)again.Object["data"]!["value"]));
    }

    [Fact]
    public async Task A_deployment_is_unchanged_although_its_controller_works_on_its_status()
    {
        (KubeClient client, string ns) = await StartAsync();
        using KubeClient _ = client;

        Assert.Equal(ApplyOutcome.Created, (await client.ApplyAsync(Deployments, Deployment(ns, 1), new ApplyOptions(), LiveClient.Cancel)).Outcome);
        for (int i = 0; i < 10; i++)
            Assert.Equal(ApplyOutcome.Unchanged, (await client.ApplyAsync(Deployments, Deployment(ns, 1), new ApplyOptions(), LiveClient.Cancel)).Outcome);
    }

    [Fact]
    public async Task To_become_one_more_manager_of_the_same_values_changes_nothing()
    {
        TestCluster plane = await clusters.SharedAsync();
        (KubeClient client, string ns) = await StartAsync();
        using KubeClient _ = client;
        JsonObject manifest = LiveClient.ConfigMap(ns, "a");
        manifest["apiVersion"] = "v1";
        manifest["kind"] = "ConfigMap";
        await plane.KubectlAsync("create", "configmap", "a", "--namespace", ns, "--from-literal=value=1");
        await plane.KubectlAsync("label", "configmap", "a", "--namespace", ns, "app=test");
        JsonObject before = (await client.GetAsync(KubeResource.ConfigMaps, ns, "a", LiveClient.Cancel))!;

        AppliedObject applied = await client.ApplyAsync(KubeResource.ConfigMaps, manifest, new ApplyOptions(), LiveClient.Cancel);

        Assert.NotEqual((string?)before["metadata"]!["resourceVersion"], (string?)applied.Object["metadata"]!["resourceVersion"]);
        Assert.Equal(ApplyOutcome.Unchanged, applied.Outcome);
    }

    [Fact]
    public async Task A_dry_run_says_what_would_happen_and_does_nothing()
    {
        (KubeClient client, string ns) = await StartAsync();
        using KubeClient _ = client;
        var dryRun = new ApplyOptions(DryRun: true);

        Assert.Equal(ApplyOutcome.Created, (await client.ApplyAsync(KubeResource.ConfigMaps, LiveClient.ConfigMap(ns, "a"), dryRun, LiveClient.Cancel)).Outcome);
        Assert.Null(await client.GetAsync(KubeResource.ConfigMaps, ns, "a", LiveClient.Cancel));
        await client.ApplyConfigMapAsync(ns, "a");
        Assert.Equal(ApplyOutcome.Changed, (await client.ApplyAsync(KubeResource.ConfigMaps, LiveClient.ConfigMap(ns, "a", "2"), dryRun, LiveClient.Cancel)).Outcome);
        Assert.Equal(ApplyOutcome.Unchanged, (await client.ApplyAsync(KubeResource.ConfigMaps, LiveClient.ConfigMap(ns, "a"), dryRun, LiveClient.Cancel)).Outcome);
        Assert.Equal("1", (string?)(await client.GetAsync(KubeResource.ConfigMaps, ns, "a", LiveClient.Cancel))!["data"]!["value"]);
    }

    [Fact]
    public async Task Names_the_manager_that_owns_a_field_and_takes_it_over_by_force()
    {
        TestCluster plane = await clusters.SharedAsync();
        (KubeClient client, string ns) = await StartAsync();
        using KubeClient _ = client;
        await client.ApplyAsync(Deployments, Deployment(ns, 1), new ApplyOptions(), LiveClient.Cancel);
        await plane.KubectlAsync("patch", "deployment", "web", "--namespace", ns, "--patch", """{"spec":{"replicas":0}}""");

        var conflict = await Assert.ThrowsAsync<ApplyConflictException>(() => client.ApplyAsync(Deployments, Deployment(ns, 1), new ApplyOptions(), LiveClient.Cancel));
        AppliedObject forced = await client.ApplyAsync(Deployments, Deployment(ns, 1), new ApplyOptions(Force: true), LiveClient.Cancel);

        Assert.Equal(new FieldConflict("kubectl-patch", ".spec.replicas"), Assert.Single(conflict.Conflicts));
        Assert.Contains("""manager "kubectl-patch" owns .spec.replicas""", conflict.Message, StringComparison.Ordinal);
        Assert.Equal((ApplyOutcome.Changed, 1), (forced.Outcome, (int)forced.Object["spec"]!["replicas"]!));
    }

    [Fact]
    public async Task Passes_on_what_the_server_objects_to()
    {
        (KubeClient client, string ns) = await StartAsync();
        using KubeClient _ = client;
        JsonObject manifest = Deployment(ns, 1);
        manifest["spec"]!["selector"]!["matchLabels"]!["app"] = "another";

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => client.ApplyAsync(Deployments, manifest, new ApplyOptions(), LiveClient.Cancel));

        Assert.Equal(FailureKind.Rejected, failure.Kind);
        Assert.Contains("selector", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deletes_what_is_there_and_says_when_nothing_was()
    {
        (KubeClient client, string ns) = await StartAsync();
        using KubeClient _ = client;
        AppliedObject applied = await client.ApplyConfigMapAsync(ns, "a");

        await Assert.ThrowsAnyAsync<MeshException>(() => client.DeleteAsync(KubeResource.ConfigMaps, ns, "a", new DeleteOptions(Uid: Guid.NewGuid().ToString()), LiveClient.Cancel));
        Assert.True(await client.DeleteAsync(KubeResource.ConfigMaps, ns, "a", new DeleteOptions(Uid: (string?)applied.Object["metadata"]!["uid"]), LiveClient.Cancel));
        Assert.False(await client.DeleteAsync(KubeResource.ConfigMaps, ns, "a", LiveClient.Cancel));
        Assert.Null(await client.GetAsync(KubeResource.ConfigMaps, ns, "a", LiveClient.Cancel));
    }

    [Fact]
    public async Task Deletes_what_an_object_owns_first_when_asked_to()
    {
        (KubeClient client, string ns) = await StartAsync();
        using KubeClient _ = client;
        var replicaSets = new KubeResource("apps", "v1", "replicasets", "ReplicaSet", true);
        await client.ApplyAsync(Deployments, Deployment(ns, 0), new ApplyOptions(), LiveClient.Cancel);
        await Eventually.BecomesTrueAsync(async () => (await CountAsync(client, replicaSets, ns)) == 1, "the deployment has its replica set", LiveClient.Soon);
        // The garbage collector hears of replica sets and of deployments apart. What it collects came after what it is to know.
        await client.ApplyAsync(replicaSets, Orphan(ns), new ApplyOptions(), LiveClient.Cancel);
        await Eventually.BecomesTrueAsync(async () => (await CountAsync(client, replicaSets, ns)) == 1, "the garbage collector knows the replica set", LiveClient.Soon);

        await client.DeleteAsync(Deployments, ns, "web", new DeleteOptions(DeletePropagation.Foreground), LiveClient.Cancel);
        await client.WaitGoneAsync(Deployments, ns, "web", uid: null, LiveClient.Cancel).WaitAsync(LiveClient.Soon, LiveClient.Cancel);

        Assert.Equal(0, await CountAsync(client, replicaSets, ns));
    }

    [Fact]
    public async Task A_namespace_that_is_on_its_way_out_may_be_deleted_again()
    {
        (KubeClient client, string ns) = await StartAsync();
        using KubeClient _ = client;
        TestCluster plane = await clusters.SharedAsync();
        await client.ApplyConfigMapAsync(ns, "held");
        await plane.KubectlAsync("patch", "configmap", "held", "--namespace", ns, "--patch", """{"metadata":{"finalizers":["example.com/held"]}}""");

        Assert.True(await client.DeleteAsync(KubeResource.Namespaces, null, ns, LiveClient.Cancel));
        Assert.True(await client.DeleteAsync(KubeResource.Namespaces, null, ns, LiveClient.Cancel));

        Assert.NotNull((await client.GetAsync(KubeResource.Namespaces, null, ns, LiveClient.Cancel))!["metadata"]!["deletionTimestamp"]);
        await plane.KubectlAsync("patch", "configmap", "held", "--namespace", ns, "--type=merge", "--patch", """{"metadata":{"finalizers":null}}""");
        await client.WaitGoneAsync(KubeResource.Namespaces, null, ns, uid: null, LiveClient.Cancel).WaitAsync(LiveClient.Soon, LiveClient.Cancel);
    }

    [Fact]
    public async Task Finds_where_kinds_are_kept()
    {
        (KubeClient client, string _) = await StartAsync();
        using KubeClient __ = client;

        Assert.Equal(KubeResource.Pods, await client.FindResourceAsync("v1", "Pod", LiveClient.Cancel));
        Assert.Equal(Deployments, await client.FindResourceAsync("apps/v1", "Deployment", LiveClient.Cancel));
        Assert.Null(await client.FindResourceAsync("apps/v1", "Nonsense", LiveClient.Cancel));
        Assert.Null(await client.FindResourceAsync("networking.istio.io/v1", "Gateway", LiveClient.Cancel));
        Assert.Superset(new HashSet<string> { "v1", "apps/v1", "apiextensions.k8s.io/v1" }, (await client.DiscoverVersionsAsync(LiveClient.Cancel)).ToHashSet());
    }

    private static async Task<int> CountAsync(KubeClient client, KubeResource resource, string ns) =>
        await Core.Kube.Listing.JsonObjects.ListObjectsAsync(client, resource, new Core.Kube.Listing.ListQuery(ns), LiveClient.Cancel).CountAsync(LiveClient.Cancel);

    /// <summary>A replica set whose owner is not there, which the garbage collector deletes.</summary>
    private static JsonObject Orphan(string ns) => (JsonObject)JsonNode.Parse($$"""
        {
          "metadata": {
            "namespace": "{{ns}}", "name": "orphan",
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "nobody", "uid": "{{Guid.NewGuid()}}", "controller": true}]
          },
          "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "orphan"} },
            "template": {"metadata": {"labels": {"app": "orphan"} }, "spec": {"containers": [{"name": "orphan", "image": "registry.local/busybox:1"}]} }
          }
        }
        """)!;

    private static JsonObject Deployment(string ns, int replicas) => (JsonObject)JsonNode.Parse($$"""
        {
          "metadata": {"namespace": "{{ns}}", "name": "web"},
          "spec": {
            "replicas": {{replicas}},
            "selector": {"matchLabels": {"app": "web"} },
            "template": {
              "metadata": {"labels": {"app": "web"} },
              "spec": {
                "containers": [
                  {"name": "web", "image": "registry.local/busybox:1", "ports": [{"containerPort": 80}], "resources": {"requests": {"cpu": "10m"} } }
                ]
              }
            }
          }
        }
        """)!;

    private async Task<(KubeClient Client, string Namespace)> StartAsync()
    {
        TestCluster plane = await clusters.SharedAsync();
        return (await LiveClient.OpenAsync(plane.Kubeconfig), await plane.CreateNamespaceAsync());
    }
}
