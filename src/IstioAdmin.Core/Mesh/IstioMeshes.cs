using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Mesh.Settings;
using IstioAdmin.Core.Operators;
using IstioAdmin.Core.Operators.Cisco;

namespace IstioAdmin.Core.Mesh;

/// <summary>The meshes of a cluster.</summary>
public static class IstioMeshes
{
    /// <summary>The operators whose API a cluster serves, oldest first.</summary>
    /// <exception cref="MeshException">The server could not be asked.</exception>
    public static async Task<IReadOnlyList<MeshOperator>> OperatorsAsync(MeshCluster cluster, CancellationToken cancel)
    {
        IReadOnlyList<string> versions = await cluster.Client.DiscoverVersionsAsync(cancel).ConfigureAwait(false);
        MeshOperator[] claimed = [.. MeshOperator.All.Where(known => versions.Contains(known.Mesh.ApiVersion))];
        if (claimed.Length < 2)
            return claimed;
        // The list of groups is some seconds late, and one of these may just have gone.
        List<MeshOperator> served = [];
        foreach (MeshOperator known in claimed)
        {
            if (await cluster.Client.FindResourceAsync(known.Mesh.ApiVersion, known.Mesh.Kind, cancel).ConfigureAwait(false) is not null)
                served.Add(known);
        }
        return served;
    }

    /// <summary>Lists meshes.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="kind">Those of one operator; null for all.</param>
    /// <param name="cancel">Cancels the requests.</param>
    /// <exception cref="MeshException">The server could not be asked, or refused.</exception>
    public static async Task<IReadOnlyList<IstioMesh>> ListAsync(MeshCluster cluster, IstioOperatorKind? kind, CancellationToken cancel)
    {
        List<IstioMesh> meshes = [];
        foreach (MeshOperator known in await OperatorsAsync(cluster, cancel).ConfigureAwait(false))
        {
            if (kind is not null && known.Kind != kind)
                continue;
            foreach (JsonObject resource in await ServedObjects.ListAsync(cluster.Client, known.Mesh, cancel).ConfigureAwait(false))
                meshes.Add(await ReadAsync(cluster, known, resource, cancel).ConfigureAwait(false));
        }
        return meshes;
    }

    /// <summary>The mesh that is meant by a name, a namespace, an operator, or by none of them where there is just one.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="name">Its name; null for the only one.</param>
    /// <param name="ns">Namespace of its control plane; null for any.</param>
    /// <param name="kind">Its operator; null for any.</param>
    /// <param name="cancel">Cancels the requests.</param>
    /// <exception cref="MeshException">There is none (<c>MeshNotFound</c>), or there are several (<c>MeshAmbiguous</c>).</exception>
    public static async Task<IstioMesh> FindAsync(MeshCluster cluster, string? name, string? ns, IstioOperatorKind? kind, CancellationToken cancel)
    {
        IReadOnlyList<IstioMesh> all = await ListAsync(cluster, kind, cancel).ConfigureAwait(false);
        IstioMesh[] meant = [.. all.Where(mesh => (name is null || mesh.Name == name) && (ns is null || mesh.Namespace == ns))];
        return meant switch
        {
            [var only] => only,
            [] => throw new MeshException("MeshNotFound", FailureKind.NotFound,
                $"{cluster.Server} has no mesh{(name is null ? "" : $" '{name}'")}{(ns is null ? "" : $" in namespace {ns}")}{(kind is null ? "" : $" of the {kind} operator")}."
                + (all.Count == 0 ? "" : $" It has {string.Join(", ", all)}."),
                all.Count == 0 ? "Create one with New-IstioMesh." : "Get-IstioMesh shows what there is.", name ?? ns),
            _ => throw new MeshException("MeshAmbiguous", FailureKind.InvalidInput,
                $"{cluster.Server} has several meshes that could be meant: {string.Join(", ", meant.Select(mesh => $"{mesh} ({mesh.Operator})"))}.",
                "Name one with -Name and, where names repeat, -Namespace or -Distribution.", name),
        };
    }

    /// <summary>Reads a mesh anew.</summary>
    /// <returns>Null if it does not exist any more.</returns>
    /// <exception cref="MeshException">The server could not be asked, or refused.</exception>
    public static async Task<IstioMesh?> ReadAsync(MeshCluster cluster, IstioMesh mesh, CancellationToken cancel)
    {
        MeshOperator known = MeshOperator.Of(mesh.Operator);
        JsonObject? resource = await cluster.Client.GetAsync(known.Mesh, known.Mesh.Namespaced ? mesh.Namespace : null, mesh.Name, cancel).ConfigureAwait(false);
        return resource is null ? null : await ReadAsync(cluster, known, resource, cancel).ConfigureAwait(false);
    }

    /// <summary>What a resource says, with what stands in the resources that go with it.</summary>
    internal static async Task<IstioMesh> ReadAsync(MeshCluster cluster, MeshOperator known, JsonObject resource, CancellationToken cancel)
    {
        IstioMesh mesh = Of(cluster, known, resource);
        bool Beside(MeshSetting setting) => known.Dialect.Places.Any(place => place is SettingPlace.Beside && place.Setting == setting);
        if (Beside(MeshSetting.Mtls))
        {
            JsonObject? policy = await TryGetAsync(cluster, MeshResources.PeerAuthentications, mesh.Namespace, PeerAuthentications.Name, cancel).ConfigureAwait(false);
            mesh = mesh with { Settings = mesh.Settings with { Mtls = policy.TextAt("spec.mtls.mode") switch { "STRICT" => true, "PERMISSIVE" or "DISABLE" => false, _ => null } } };
        }
        if (Beside(MeshSetting.Ingress))
        {
            JsonObject? ingress = await TryGetAsync(cluster, MeshResources.CiscoGateways, mesh.Namespace, CiscoGateway.NameOf("ingress"), cancel).ConfigureAwait(false);
            JsonObject? egress = await TryGetAsync(cluster, MeshResources.CiscoGateways, mesh.Namespace, CiscoGateway.NameOf("egress"), cancel).ConfigureAwait(false);
            mesh = mesh with
            {
                Settings = mesh.Settings with { Ingress = CiscoGateway.Read(ingress), Egress = CiscoGateway.Read(egress) },
                GatewayAddresses = [.. mesh.GatewayAddresses.Union(ingress.TextsAt("status.GatewayAddress"))],
            };
        }
        return mesh;
    }

    /// <summary>What a resource says by itself.</summary>
    internal static IstioMesh Of(MeshCluster cluster, MeshOperator known, JsonObject resource)
    {
        IMeshDialect dialect = known.Dialect;
        MeshCondition condition = dialect.ConditionOf(resource);
        MeshSettings settings = SettingTable.Read(known, resource);
        return new IstioMesh
        {
            Cluster = cluster.Name,
            Operator = known.Kind,
            Namespace = dialect.NamespaceOf(resource),
            Name = resource.Metadata("name") ?? "",
            Version = settings.Version,
            Revision = dialect.RevisionOf(resource),
            State = condition.State,
            Status = condition.Status,
            ErrorMessage = condition.ErrorMessage,
            CniEnabled = dialect.CniOf(resource),
            AutoInjectionNamespaces = settings.AutoInjectionNamespaces ?? resource.TextsAt("status.injectionNamespaces"),
            GatewayAddresses = condition.GatewayAddresses,
            Settings = settings,
            Resource = resource,
        };
    }

    // Whoever may read the mesh need not be allowed to read what goes with it; then that stays unknown.
    private static async Task<JsonObject?> TryGetAsync(MeshCluster cluster, KubeResource resource, string ns, string name, CancellationToken cancel)
    {
        try
        {
            return await cluster.Client.GetAsync(resource, ns, name, cancel).ConfigureAwait(false);
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            return null;
        }
    }
}
