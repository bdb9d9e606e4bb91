using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using IstioAdmin.Cluster.Tests.StandIns;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Sandbox.Operators;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>On a real control plane, with stand-ins for its nodes.</summary>
public class RealOperatorBed(Testbed testbed) : OperatorBed
{
    private static readonly string[] Leftovers =
    [
        "apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", "apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
        "apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    ];

    /// <summary>Further arguments of the API server.</summary>
    protected virtual string ServerArguments => "";

    private ControlPlane? _controlPlane;

    public override ControlPlane ControlPlane => _controlPlane!;

    internal StandInNodes Nodes { get; private set; } = null!;

    internal AdmissionServer Admission { get; private set; } = null!;

    internal override ClusterApi Api => Nodes.Api;

    internal override OperatorFaults Faults { get; } = new();

    public override string? Unpullable
    {
        set => Nodes.Unpullable = image => value is not null && (value.EndsWith('*') ? image.StartsWith(value[..^1], StringComparison.Ordinal) : image == value);
    }

    public override bool LoadBalancers
    {
        set => Nodes.LoadBalancers = value;
    }

    public override async ValueTask InitializeAsync()
    {
        _controlPlane = await testbed.StartControlPlaneAsync(serverArguments: ServerArguments);
        Nodes = await StandInNodes.StartAsync(ControlPlane);
        Admission = await AdmissionServer.StartAsync();
        Nodes.Programs = PodPrograms.Operators(Times, Faults, Admission);
        Nodes.Exec = (_, command) => (NodeListing.Of(command), 0);
    }

    /// <summary>Takes everything away that tests make: meshes, operators, webhooks, definitions and namespaces, whatever holds them.</summary>
    public override async Task ResetAsync()
    {
        (Faults.Error, Faults.Hang) = (null, false);
        Unpullable = null;
        LoadBalancers = true;
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

    internal override IReadOnlyList<T> Running<T>() => Nodes.Running<T>();

    internal override Task KillAsync<T>() => Nodes.KillAsync<T>();

    public override async ValueTask DisposeAsync()
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
            await KillAsync<OperatorProgram>();
            IReadOnlyList<JsonObject> pods = await Api.ListAsync("api/v1/pods");
            foreach (JsonObject pod in pods)
                await Api.DeleteAsync($"api/v1/namespaces/{(string)pod["metadata"]!["namespace"]!}/pods/{(string)pod["metadata"]!["name"]!}", grace: 0);
            return pods.Count == 0;
        }, "there are no pods");
    }

    private static bool IsOurs(JsonObject ns) =>
        !((string)ns["metadata"]!["name"]!).StartsWith("kube-", StringComparison.Ordinal) && (string)ns["metadata"]!["name"]! != "default";

    private async Task ReleaseAllAsync(string group, string plural)
    {
        foreach (JsonObject item in await Api.ListAsync($"{group}/{plural}"))
        {
            string name = (string)item["metadata"]!["name"]!;
            string path = (string?)item["metadata"]!["namespace"] is { } ns ? $"{group}/namespaces/{ns}/{plural}/{name}" : $"{group}/{plural}/{name}";
            await Api.DeleteAsync(path);
            if (item["metadata"]!["finalizers"] is null || await Api.FindAsync(path) is null)
                continue;
            try
            {
                await Api.PatchAsync(path, (JsonObject)JsonNode.Parse("""{"metadata":{"finalizers":null}}""")!);
            }
            catch (ClusterApiException gone) when (gone.Status == HttpStatusCode.NotFound)
            {
                // An operator that was just ending took its own off.
            }
        }
    }

    private async Task DeleteAllAsync(string collection)
    {
        foreach (JsonObject item in await Api.ListAsync(collection))
            await Api.DeleteAsync($"{collection}/{(string)item["metadata"]!["name"]!}");
    }
}
