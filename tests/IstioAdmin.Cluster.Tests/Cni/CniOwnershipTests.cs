using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using IstioAdmin.Cluster.Tests.Kube;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Operators;
using IstioAdmin.Core.Operators.Banzai;
using IstioAdmin.Core.Operators.Manifests;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Cni;

/// <summary>On the real API server.</summary>
public sealed class CniOwnershipOnRealServerTests(Testbed testbed) : CniOwnershipTests(testbed);

/// <summary>On the sandbox, which is to be no different.</summary>
public sealed class CniOwnershipOnSandboxTests(SandboxClusters sandbox) : CniOwnershipTests(sandbox);

/// <summary>Whose fields a switch takes, decided by the API server.</summary>
/// <remarks>The resource's group is the operators' own, so the cluster is the test's own, too.</remarks>
public abstract class CniOwnershipTests(ITestClusters clusters)
{
    private static CancellationToken Cancel => LiveClient.Cancel;

    private static KubeResource Istios => MeshOperator.Banzai.Mesh;

    [Fact]
    public async Task A_switch_takes_what_the_operator_filled_in_keeps_what_was_applied_and_leaves_other_managers_theirs()
    {
        await using TestCluster plane = await clusters.StartOwnAsync();
        using KubeClient client = await LiveClient.OpenAsync(plane.Kubeconfig);
        await EstablishAsync(client);
        await client.ApplyAsync(KubeResource.Namespaces, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "istio-system" } }, new ApplyOptions(), Cancel);
        await client.ApplyAsync(Istios, JsonNode.Parse("""{"metadata":{"name":"mesh","namespace":"istio-system"},"spec":{"version":"1.1.14","mtls":true}}""")!.AsObject(), new ApplyOptions(), Cancel);
        await WriteAsync(client, "manager", """
            {"metadata":{"finalizers":["istio-operator.finializer.banzaicloud.io"]},
             "spec":{"sidecarInjector":{"initCNIConfiguration":{"enabled":false,"binDir":"/opt/cni/bin","confDir":"/etc/cni/net.d","logLevel":"info","excludeNamespaces":["istio-system"]}}}}
            """);
        var cluster = new MeshCluster(client) { Name = "live", Version = "v1", Provider = ClusterProvider.Pke, Istio = [] };
        var request = new CniRequest { CheckPrerequisites = false, Wish = new CniWish { ExcludedNamespaces = ["istio-system", "kube-system"] } };
        var now = new CniRunOptions { Wait = null };

        string? before = await VersionAsync(client);
        CniPlan plan = await CniSwitch.PlanEnableAsync(cluster, request, LiveClient.Reporter, Cancel);
        Assert.Single(plan.Changes);
        Assert.Equal(before, await VersionAsync(client));

        CniOutcome outcome = await CniSwitch.RunAsync(plan, now, LiveClient.Reporter, Cancel);
        Assert.Null(outcome.Failure);
        Assert.Equal(IstioCniState.TurningOn, outcome.State.State);
        JsonNode spec = (await client.GetAsync(Istios, "istio-system", "mesh", Cancel))!["spec"]!;
        Assert.Equal(("1.1.14", true), ((string?)spec["version"], (bool?)spec["mtls"]));
        Assert.Equal("""{"binDir":"/opt/cni/bin","confDir":"/etc/cni/net.d","enabled":true,"excludeNamespaces":["istio-system","kube-system"],"logLevel":"info"}""",
            spec["sidecarInjector"]!["initCNIConfiguration"]!.ToJsonString());
        Assert.Empty((await CniSwitch.PlanEnableAsync(cluster, request, LiveClient.Reporter, Cancel)).Changes);

        await WriteAsync(client, "argocd-controller", """{"spec":{"sidecarInjector":{"initCNIConfiguration":{"enabled":false}}}}""");
        before = await VersionAsync(client);
        ApplyConflictException conflict = await Assert.ThrowsAsync<ApplyConflictException>(() => CniSwitch.PlanEnableAsync(cluster, request, LiveClient.Reporter, Cancel));
        Assert.Contains("argocd-controller", conflict.Message, StringComparison.Ordinal);
        Assert.Equal(before, await VersionAsync(client));

        CniRequest forced = request with { Force = true };
        Assert.Null((await CniSwitch.RunAsync(await CniSwitch.PlanEnableAsync(cluster, forced, LiveClient.Reporter, Cancel), now, LiveClient.Reporter, Cancel)).Failure);
        CniOutcome off = await CniSwitch.RunAsync(await CniSwitch.PlanDisableAsync(cluster, new CniRequest { CheckPrerequisites = false }, LiveClient.Reporter, Cancel), now, LiveClient.Reporter, Cancel);
        Assert.Equal((IstioCniState.Off, false), (off.State.State, off.State.Enabled));
        spec = (await client.GetAsync(Istios, "istio-system", "mesh", Cancel))!["spec"]!;
        Assert.Equal((true, 2), ((bool?)spec["mtls"], spec["sidecarInjector"]!["initCNIConfiguration"]!["excludeNamespaces"]!.AsArray().Count));
    }

    private static async Task EstablishAsync(KubeClient client)
    {
        ResourceDefinition definition = BanzaiDefinitions.Of(BanzaiRelease.Known[0])[0];
        KubeResource served = await ResourceDefinition.ServedAsync(client, Cancel);
        await client.ApplyAsync(served, definition.Manifest(served, []).Manifest, new ApplyOptions(), Cancel);
        await Eventually.BecomesTrueAsync(async () => await client.FindResourceAsync(Istios.ApiVersion, Istios.Kind, Cancel) is not null, "the definition is served");
    }

    private static async Task WriteAsync(KubeClient client, string manager, string patch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"{Istios.Path("istio-system", "mesh")}?fieldManager={manager}")
        {
            Content = new StringContent(patch, new MediaTypeHeaderValue("application/merge-patch+json")),
        };
        using HttpResponseMessage response = await client.SendAsync(request, Istios.Subject("patch", "istio-system", "mesh"), Cancel);
    }

    private static async Task<string?> VersionAsync(KubeClient client) =>
        (string?)(await client.GetAsync(Istios, "istio-system", "mesh", Cancel))!["metadata"]!["resourceVersion"];
}
