using System.Text.Json.Nodes;
using IstioAdmin.Cluster.Tests.Kube;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>A control plane without server-side apply, as those before Kubernetes 1.16 are.</summary>
public sealed class OldServerBed(Testbed testbed) : RealOperatorBed(testbed)
{
    protected override string ServerArguments => "--feature-gates=ServerSideApply=false";
}

/// <summary>The road, and applying as such, on a real API server that has no server-side apply and keeps no managedFields.</summary>
[Collection(OperatorBed.Collection)]
public sealed class OldServerTests(OldServerBed bed) : IClassFixture<OldServerBed>, IAsyncLifetime
{
    private static readonly KubeResource Kind = KubeResource.ConfigMaps;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await bed.ResetAsync();

    public async ValueTask DisposeAsync() => await bed.ControlPlane.KubectlAsync("delete", "configmap", "settings", "--ignore-not-found");

    [Fact]
    public async Task From_an_empty_cluster_to_CNI_and_back() => await new Road(bed).ThereAndBackAsync("Banzai");

    [Fact]
    public async Task Applying_changes_what_is_named_gives_back_what_is_not_and_leaves_the_rest()
    {
        using KubeClient client = await LiveClient.OpenAsync(bed.ControlPlane.Kubeconfig);

        ApplyOutcome[] outcomes =
        [
            await ApplyAsync(client, """{"a":"1","b":"2"}""", dryRun: true),
            await ApplyAsync(client, """{"a":"1","b":"2"}"""),
            await ApplyAsync(client, """{"a":"1","b":"2"}"""),
        ];
        await bed.ControlPlane.KubectlAsync("patch", "configmap", "settings", "--type=merge", "--patch", """{"data":{"theirs":"x"}}""");
        string before = await bed.ControlPlane.KubectlAsync("get", "configmap", "settings", "--output=jsonpath={.metadata.resourceVersion}");
        ApplyOutcome rehearsed = await ApplyAsync(client, """{"b":"3"}""", dryRun: true);
        string after = await bed.ControlPlane.KubectlAsync("get", "configmap", "settings", "--output=jsonpath={.metadata.resourceVersion}");
        ApplyOutcome changed = await ApplyAsync(client, """{"b":"3"}""");

        Assert.Equal([ApplyOutcome.Created, ApplyOutcome.Created, ApplyOutcome.Unchanged], outcomes);
        Assert.Equal((ApplyOutcome.Changed, before, ApplyOutcome.Changed), (rehearsed, after, changed));
        JsonObject live = (await client.GetAsync(Kind, "default", "settings", Cancel))!;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"b":"3","theirs":"x"}"""), live["data"]), live.ToJsonString());
        Assert.Null(live["metadata"]!["managedFields"]);
    }

    [Fact]
    public async Task What_kubectl_has_applied_is_taken_over_by_force_only()
    {
        await bed.ControlPlane.ApplyAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"default"},"data":{"a":"1"}}""");
        using KubeClient client = await LiveClient.OpenAsync(bed.ControlPlane.Kubeconfig);

        ApplyConflictException conflict = await Assert.ThrowsAsync<ApplyConflictException>(() => ApplyAsync(client, """{"a":"2"}"""));
        ApplyOutcome beside = await ApplyAsync(client, """{"b":"1"}""");
        ApplyOutcome forced = await ApplyAsync(client, """{"a":"2","b":"1"}""", force: true);
        ApplyOutcome again = await ApplyAsync(client, """{"a":"3","b":"1"}""");

        Assert.Equal([new FieldConflict("kubectl", ".data.a")], conflict.Conflicts);
        Assert.Equal([ApplyOutcome.Changed, ApplyOutcome.Changed, ApplyOutcome.Changed], [beside, forced, again]);
    }

    private static async Task<ApplyOutcome> ApplyAsync(KubeClient client, string data, bool dryRun = false, bool force = false)
    {
        var manifest = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "settings", ["namespace"] = "default" }, ["data"] = JsonNode.Parse(data) };
        return (await client.ApplyAsync(Kind, manifest, new ApplyOptions(force, dryRun), Cancel)).Outcome;
    }
}
