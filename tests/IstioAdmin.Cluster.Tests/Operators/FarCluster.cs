using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using IstioAdmin.Cluster.Tests.StandIns;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>A second control plane, for meshes that span clusters. It has no nodes: nothing runs there.</summary>
public sealed class FarCluster(Testbed testbed) : IAsyncLifetime
{
    public ControlPlane ControlPlane { get; private set; } = null!;

    internal ClusterApi Api { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        ControlPlane = await testbed.StartControlPlaneAsync();
        Api = ClusterApis.Admin(ControlPlane);
    }

    /// <summary>Takes everything away that tests and the operator make.</summary>
    public async Task ResetAsync()
    {
        const string webhooks = "apis/admissionregistration.k8s.io/v1", definitions = "apis/apiextensions.k8s.io/v1/customresourcedefinitions", rbac = "apis/rbac.authorization.k8s.io/v1";
        foreach (string collection in (string[])[$"{webhooks}/mutatingwebhookconfigurations", definitions, $"{rbac}/clusterrolebindings", $"{rbac}/clusterroles", "api/v1/namespaces"])
        {
            foreach (string name in (await Api.ListAsync(collection)).Where(IsOurs).Select(item => (string)item["metadata"]!["name"]!))
                await Api.DeleteAsync($"{collection}/{name}");
        }
        await Eventually.BecomesTrueAsync(async () =>
            !(await Api.ListAsync("api/v1/namespaces")).Any(IsOurs) && (await Api.ListAsync(definitions)).Count == 0, "the remote cluster is empty again", TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await ControlPlane.DisposeAsync();
    }

    private static bool IsOurs(JsonObject item) => (string)item["metadata"]!["name"]! is var name
        && !name.StartsWith("kube-", StringComparison.Ordinal) && !name.StartsWith("system:", StringComparison.Ordinal) && name is not ("default" or "cluster-admin" or "admin" or "edit" or "view");
}
