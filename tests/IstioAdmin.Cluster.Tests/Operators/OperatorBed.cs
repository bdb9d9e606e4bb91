using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using IstioAdmin.Cluster.Tests.StandIns;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Operators;
using IstioAdmin.Sandbox.Operators.Banzai;
using IstioAdmin.Sandbox.Operators.Cisco;
using IstioAdmin.Sandbox.Operators.Sail;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>
/// A control plane of its own for the tests of operators and meshes, with stand-ins for the nodes and for the three operators: their programs run in
/// whatever pods carry the operators' images, as whatever service accounts those have.
/// </summary>
/// <remarks>
/// Not the shared control plane: these tests make objects of cluster scope, one mesh a cluster is all that Banzai's operator takes, and -WhatIf is
/// proven by what did not change anywhere. Its tests take turns; each leaves an empty cluster.
/// </remarks>
public class OperatorBed(Testbed testbed) : IAsyncLifetime
{
    /// <summary>The collection of every test class that uses it.</summary>
    public const string Collection = "Operators";

    private static readonly string[] Leftovers =
    [
        "apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", "apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
        "apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    ];

    /// <summary>Further arguments of the API server.</summary>
    protected virtual string ServerArguments => "";

    public ControlPlane ControlPlane { get; private set; } = null!;

    internal StandInNodes Nodes { get; private set; } = null!;

    internal AdmissionServer Admission { get; private set; } = null!;

    /// <summary>What goes wrong in the operators; <see cref="ResetAsync"/> mends it.</summary>
    internal OperatorFaults Faults { get; private set; } = new();

    internal OperatorTimes Times { get; set; } = new();

    internal ClusterApi Api => Nodes.Api;

    public async ValueTask InitializeAsync()
    {
        ControlPlane = await testbed.StartControlPlaneAsync(serverArguments: ServerArguments);
        Nodes = await StandInNodes.StartAsync(ControlPlane);
        Admission = await AdmissionServer.StartAsync();
        Nodes.Run(pod => ImageOf(pod).Contains("sail-operator", StringComparison.Ordinal), context => new SailOperator(context, Times, Faults, Admission));
        Nodes.Run(pod => ImageOf(pod).Contains("banzaicloud/istio-operator:v2", StringComparison.Ordinal), context => new CiscoOperator(context, Times, Faults, Admission));
        Nodes.Run(pod => ImageOf(pod).Contains("banzaicloud/istio-operator:", StringComparison.Ordinal), context => new BanzaiOperator(context, Times, Faults, Admission));
        Nodes.Exec = (_, command) => (NodeListing.Of(command), 0);
    }

    /// <summary>Takes everything away that tests make: meshes, operators, webhooks, definitions and namespaces, whatever holds them.</summary>
    public async Task ResetAsync()
    {
        (Faults.Error, Faults.Hang) = (null, false);
        Nodes.Unpullable = _ => false;
        Nodes.LoadBalancers = true;
        await EndWorkloadsAsync();
        foreach (JsonObject ns in (await Api.ListAsync("api/v1/namespaces")).Where(IsOurs))
            await Api.DeleteAsync($"api/v1/namespaces/{(string)ns["metadata"]!["name"]!}");
        foreach (string collection in Leftovers[..2])
            await DeleteAllAsync(collection);
        foreach (JsonObject definition in await Api.ListAsync(Leftovers[2]))
        {
            string group = (string)definition["spec"]!["group"]!, plural = (string)definition["spec"]!["names"]!["plural"]!;
            foreach (JsonNode? version in definition["spec"]!["versions"]!.AsArray().Where(version => (bool?)version!["storage"] == true))
                await ReleaseAllAsync($"apis/{group}/{(string)version!["name"]!}", plural);
        }
        await DeleteAllAsync(Leftovers[2]);
        foreach (string collection in (string[])["apis/rbac.authorization.k8s.io/v1/clusterrolebindings", "apis/rbac.authorization.k8s.io/v1/clusterroles"])
        {
            foreach (JsonObject item in await Api.ListAsync(collection))
            {
                string name = (string)item["metadata"]!["name"]!;
                if (!name.StartsWith("system:", StringComparison.Ordinal) && name is not ("cluster-admin" or "admin" or "edit" or "view"))
                    await Api.DeleteAsync($"{collection}/{name}");
            }
        }
        await Eventually.BecomesTrueAsync(async () =>
            !(await Api.ListAsync("api/v1/namespaces")).Any(IsOurs) && (await Api.ListAsync(Leftovers[2])).Count == 0, "the cluster is empty again", TimeSpan.FromSeconds(60));
    }

    /// <summary>Creates a namespace that takes pods.</summary>
    public async Task CreateNamespaceAsync(string name)
    {
        await Api.PostAsync("api/v1/namespaces", (JsonObject)JsonNode.Parse($$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{name}}"} }""")!);
        await Eventually.BecomesTrueAsync(
            async () => (await Api.FindAsync($"api/v1/namespaces/{name}/serviceaccounts/default"))?["secrets"] is not null, $"namespace {name} takes pods");
    }

    /// <summary>What is known of a mesh and its operator, for the log of a test that failed.</summary>
    public async Task ExplainAsync(OperatorCase of)
    {
        foreach (JsonObject mesh in await Api.ListAsync(of.Collection))
            TestContext.Current.TestOutputHelper?.WriteLine($"{mesh["metadata"]!["name"]} generation {mesh["metadata"]!["generation"]}: {mesh["status"]?.ToJsonString()}");
        foreach (OperatorProgram program in Nodes.Running<OperatorProgram>())
            TestContext.Current.TestOutputHelper?.WriteLine($"{program.GetType().Name}: {string.Join("; ", program.Complaints)}");
    }

    public async ValueTask DisposeAsync()
    {
        await Nodes.DisposeAsync();
        await Admission.DisposeAsync();
        await ControlPlane.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Workloads first, then their pods without grace: a namespace that goes with pods in it waits for half their grace period.</summary>
    private async Task EndWorkloadsAsync()
    {
        await Eventually.BecomesTrueAsync(async () =>
        {
            // Again each time: an operator that was just ending may have made some anew.
            foreach (string plural in (string[])["deployments", "statefulsets", "daemonsets", "replicasets"])
            {
                foreach (JsonObject item in await Api.ListAsync($"apis/apps/v1/{plural}"))
                    await Api.DeleteAsync($"apis/apps/v1/namespaces/{(string)item["metadata"]!["namespace"]!}/{plural}/{(string)item["metadata"]!["name"]!}");
            }
            await Nodes.KillAsync<OperatorProgram>();
            IReadOnlyList<JsonObject> pods = await Api.ListAsync("api/v1/pods");
            foreach (JsonObject pod in pods)
                await Api.DeleteAsync($"api/v1/namespaces/{(string)pod["metadata"]!["namespace"]!}/pods/{(string)pod["metadata"]!["name"]!}", grace: 0);
            return pods.Count == 0;
        }, "there are no pods");
    }

    private static string ImageOf(JsonObject pod) => (string)pod["spec"]!["containers"]![0]!["image"]!;

    private static bool IsOurs(JsonObject ns) =>
        !((string)ns["metadata"]!["name"]!).StartsWith("kube-", StringComparison.Ordinal) && (string)ns["metadata"]!["name"]! != "default";

    private async Task ReleaseAllAsync(string group, string plural)
    {
        foreach (JsonObject item in await Api.ListAsync($"{group}/{plural}"))
        {
            string name = (string)item["metadata"]!["name"]!;
            string path = (string?)item["metadata"]!["namespace"] is { } ns ? $"{group}/namespaces/{ns}/{plural}/{name}" : $"{group}/{plural}/{name}";
            await Api.DeleteAsync(path);
            if (item["metadata"]!["finalizers"] is not null && await Api.FindAsync(path) is not null)
                await Api.PatchAsync(path, (JsonObject)JsonNode.Parse("""{"metadata":{"finalizers":null}}""")!);
        }
    }

    private async Task DeleteAllAsync(string collection)
    {
        foreach (JsonObject item in await Api.ListAsync(collection))
            await Api.DeleteAsync($"{collection}/{(string)item["metadata"]!["name"]!}");
    }
}

/// <summary>The tests that share an <see cref="OperatorBed"/>, one after another.</summary>
[CollectionDefinition(OperatorBed.Collection)]
public sealed class SharedOperatorBed : ICollectionFixture<OperatorBed>;
