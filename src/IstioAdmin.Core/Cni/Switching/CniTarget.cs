using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Cni.Switching;

/// <summary>A mesh of an operator, with the objects in which CNI is switched, as they were when they were read.</summary>
/// <param name="Operator">The operator.</param>
/// <param name="Resources">The objects.</param>
/// <param name="Others">Whether another mesh of the cluster says that it uses the same agents.</param>
internal sealed record CniTarget(MeshOperator Operator, CniResources Resources, bool Others)
{
    public string Name => Resources.Mesh.Metadata("name") ?? "";

    public CniSettings Settings => Operator.Cni.Read(Resources);

    public string AgentNamespace => Operator.Cni.AgentNamespace(Resources);

    public string ControlPlaneNamespace => Operator.Cni.ControlPlaneNamespace(Resources.Mesh);

    public string Described => $"{Operator.Mesh.Kind} {(Resources.Mesh.Metadata("namespace") is { } ns ? ns + "/" : "")}{Name}";

    /// <summary>Reads the target again.</summary>
    /// <exception cref="MeshException">It is gone (<c>MeshGone</c>), or could not be read.</exception>
    public async Task<CniTarget> AgainAsync(KubeClient client, CancellationToken cancel)
    {
        JsonObject mesh = await client.GetAsync(Operator.Mesh, Resources.Mesh.Metadata("namespace"), Name, cancel).ConfigureAwait(false)
            ?? throw new MeshException("MeshGone", FailureKind.NotFound, $"{client.Endpoint.Server}: {Described} has been deleted.", "List what is there with Get-IstioCni.", Name);
        return this with { Resources = new CniResources(mesh, await CniTargets.AgentsAsync(client, Operator, cancel).ConfigureAwait(false)) };
    }
}

/// <summary>Finds the meshes of a cluster whose CNI an operator switches.</summary>
internal static class CniTargets
{
    /// <summary>All of them, in the order of the operators; read now, not when the cluster was connected.</summary>
    /// <exception cref="MeshException">They could not be listed.</exception>
    public static async Task<IReadOnlyList<CniTarget>> FindAsync(KubeClient client, CancellationToken cancel)
    {
        List<CniTarget> found = [];
        foreach (MeshOperator one in MeshOperator.All)
        {
            IReadOnlyList<JsonObject> meshes = await ServedObjects.ListAsync(client, one.Mesh, cancel).ConfigureAwait(false);
            JsonObject? agents = meshes.Count == 0 ? null : await AgentsAsync(client, one, cancel).ConfigureAwait(false);
            CniResources[] resources = [.. meshes.Select(mesh => new CniResources(mesh, agents))];
            found.AddRange(resources.Select(own => new CniTarget(one, own, resources.Any(other => other != own && one.Cni.Read(other).Enabled))));
        }
        return found;
    }

    /// <summary>The one that a name means; without a name the only one.</summary>
    /// <exception cref="MeshException">
    /// There is none of that name (<c>MeshNotFound</c>), there are several to choose from (<c>MeshAmbiguous</c>), or no operator has made the
    /// mesh that is there (<c>CniNotManaged</c>).
    /// </exception>
    public static async Task<CniTarget> OneAsync(MeshCluster cluster, string? name, CancellationToken cancel)
    {
        IReadOnlyList<CniTarget> all = await FindAsync(cluster.Client, cancel).ConfigureAwait(false);
        CniTarget[] named = [.. all.Where(target => name is null || target.Name == name)];
        if (named is [var one])
            return one;
        if (named.Length > 1)
        {
            throw new MeshException("MeshAmbiguous", FailureKind.InvalidInput,
                $"{cluster.Server}: there are several meshes: {string.Join(", ", named.Select(target => target.Described))}.", "Name one with -Name.", cluster);
        }
        if (all.Count > 0)
        {
            throw new MeshException("MeshNotFound", FailureKind.NotFound,
                $"{cluster.Server}: no operator's resource is called '{name}'; there is {string.Join(", ", all.Select(target => target.Described))}.", "Use one of these names.", name);
        }
        ForeignCni? foreign = await ForeignCni.FindAsync(cluster, null, cancel).ConfigureAwait(false) is [var first, ..] ? first : null;
        throw foreign is not null
            ? new MeshException("CniNotManaged", FailureKind.NotSupported,
                $"{cluster.Server}: no operator manages Istio here, and {foreign.DaemonSet} was made by {foreign.Maker}; what it makes would be changed behind its back.", foreign.HowToChange, foreign.DaemonSet)
            : new MeshException("MeshNotFound", FailureKind.NotFound,
                $"{cluster.Server}: cluster '{cluster.Name}' has no Istio, IstioControlPlane or other resource of an operator that this module knows.",
                cluster.Istio.Count > 0
                    ? "Istio is there without an operator: switch its CNI with what installed it (istioctl install --set components.cni.enabled=true, or the Helm charts cni and istiod with pilot.cni.enabled=true)."
                    : "Install an operator with Install-IstioOperator and a mesh with New-IstioMesh first.", cluster);
    }

    internal static async Task<JsonObject?> AgentsAsync(KubeClient client, MeshOperator one, CancellationToken cancel) => one.Cni.AgentResource is { } agents
        ? await client.GetAsync(agents, null, one.Cni.AgentResourceName, cancel).ConfigureAwait(false)
        : null;
}
