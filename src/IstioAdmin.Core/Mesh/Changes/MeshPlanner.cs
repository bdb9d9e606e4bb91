using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Mesh.Settings;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Mesh.Changes;

/// <summary>Thinks changes of meshes through. Nothing in the cluster changes.</summary>
public static class MeshPlanner
{
    // Up to this line a second Istio is refused; later ones have revisions (banzaicloud/istio-operator, pkg/webhook).
    private static readonly IstioRelease OneMeshOnly = new(1, 5);

    /// <summary>Plans a new mesh. To plan one that is there already as wanted has no steps.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="order">What is wanted.</param>
    /// <param name="reporter">Told what could not be tried out.</param>
    /// <param name="cancel">Cancels the requests.</param>
    /// <exception cref="MeshException">
    /// No operator is installed, or several (<c>OperatorNotFound</c>, <c>OperatorAmbiguous</c>); the mesh is there and different (<c>MeshExists</c>); the
    /// operator runs another one and no second (<c>SecondMesh</c>); a setting has no place in its API (<c>SettingNotSupported</c>); or the server would refuse.
    /// </exception>
    public static async Task<MeshChange> PlanNewAsync(MeshCluster cluster, MeshOrder order, IReporter reporter, CancellationToken cancel)
    {
        MeshOperator known = await OperatorAsync(cluster, order.Operator ?? order.Spec?.Operator?.Kind, cancel).ConfigureAwait(false);
        IMeshDialect dialect = known.Dialect;
        string name = order.Name ?? order.Spec?.Name ?? dialect.DefaultName;
        string ns = order.Namespace ?? dialect.DefaultNamespace;
        MeshSettings settings = order.Settings;
        JsonObject manifest = dialect.Draft(name, ns);
        SettingTable.Write(known, settings, manifest, live: null);
        dialect.Complete(manifest, live: null, settings);
        order.Spec?.MergeInto(manifest);
        if (manifest.At("spec.version") is null && dialect.DefaultVersion is { } version)
            manifest.Put("spec.version", version);
        ns = dialect.NamespaceOf(manifest);
        MeshException? second = await SecondAsync(cluster, known, manifest, name, cancel).ConfigureAwait(false);
        if (second is not null && !order.PrintOnly)
            throw second;
        var planning = new Planning(cluster, known, order.Force, reporter) { TriesOut = second is null };
        await planning.NamespaceAsync(ns, cancel).ConfigureAwait(false);
        JsonObject? live = await cluster.Client.GetAsync(known.Mesh, known.Mesh.Namespaced ? ns : null, name, cancel).ConfigureAwait(false);
        if (!order.PrintOnly)
            RefuseDeleting(cluster, known, live, name);
        ApplyOutcome outcome = await planning.MeshAsync(manifest, live, cancel).ConfigureAwait(false);
        if (live is not null && outcome != ApplyOutcome.Unchanged && !order.Force && !order.PrintOnly)
        {
            throw new MeshException("MeshExists", FailureKind.Conflict,
                $"{cluster.Server} has a mesh {ns}/{name} already, and it is not as wanted here (managed by {string.Join(", ", ManagedFields.Managers(live))}).",
                "Change it with Set-IstioMesh, which leaves alone what is not named; -Force makes it as wanted here.", name);
        }
        await planning.CompanionsAsync(dialect.Companions(manifest, settings), cancel).ConfigureAwait(false);
        return planning.Change(name, ns, [manifest, .. planning.Companions]);
    }

    /// <summary>Plans a change of a mesh. What is not named stays as it is.</summary>
    /// <exception cref="MeshException">As <see cref="PlanNewAsync"/>, or somebody else manages a field (<c>ApplyConflict</c>).</exception>
    public static async Task<MeshChange> PlanSetAsync(MeshCluster cluster, IstioMesh mesh, MeshOrder order, IReporter reporter, CancellationToken cancel)
    {
        MeshOperator known = MeshOperator.Of(mesh.Operator);
        JsonObject live = await cluster.Client.GetAsync(known.Mesh, known.Mesh.Namespaced ? mesh.Namespace : null, mesh.Name, cancel).ConfigureAwait(false)
            ?? throw new MeshException("MeshNotFound", FailureKind.NotFound, $"{cluster.Server} has no mesh {mesh} any more.", "Get-IstioMesh shows what there is.", mesh);
        RefuseDeleting(cluster, known, live, mesh.Name);
        // What this module has applied before is applied again; what is left out would be taken away.
        JsonObject manifest = Own(live, known.Mesh);
        JsonObject change = Bare(live, known.Mesh);
        SettingTable.Write(known, order.Settings, change, live);
        known.Dialect.Complete(change, live, order.Settings);
        manifest.Merge(change);
        order.Spec?.MergeInto(manifest);
        var planning = new Planning(cluster, known, order.Force, reporter);
        await planning.MeshAsync(manifest, live, cancel).ConfigureAwait(false);
        await planning.CompanionsAsync(known.Dialect.Companions(live, order.Settings), cancel).ConfigureAwait(false);
        JsonObject whole = MeshManifest.Clean(live);
        whole.Merge(change);
        order.Spec?.MergeInto(whole);
        return planning.Change(mesh.Name, mesh.Namespace, [whole, .. planning.Companions]);
    }

    /// <summary>The operator that is meant; with none named, the one that is installed.</summary>
    internal static async Task<MeshOperator> OperatorAsync(MeshCluster cluster, IstioOperatorKind? kind, CancellationToken cancel)
    {
        IReadOnlyList<MeshOperator> installed = await IstioMeshes.OperatorsAsync(cluster, cancel).ConfigureAwait(false);
        if (kind is { } wanted)
        {
            return installed.FirstOrDefault(known => known.Kind == wanted) ?? throw new MeshException("OperatorNotFound", FailureKind.NotFound,
                $"{cluster.Server} does not serve {MeshOperator.Of(wanted).Mesh.ApiVersion}: the {wanted} operator is not installed.",
                $"Install it first: Install-IstioOperator -Distribution {wanted}.", wanted.ToString());
        }
        return installed switch
        {
            [var only] => only,
            [] => throw new MeshException("OperatorNotFound", FailureKind.NotFound, $"{cluster.Server} has none of the operators that this module knows ({string.Join(", ", MeshOperator.All)}).",
                "Install one first: Install-IstioOperator.", cluster.Name),
            _ => throw new MeshException("OperatorAmbiguous", FailureKind.InvalidInput, $"{cluster.Server} has several operators: {string.Join(", ", installed)}.",
                $"Name one: -Distribution {installed[^1]}.", cluster.Name),
        };
    }

    private static async Task<MeshException?> SecondAsync(MeshCluster cluster, MeshOperator known, JsonObject manifest, string name, CancellationToken cancel)
    {
        if (known.Kind != IstioOperatorKind.Banzai)
            return null;
        IstioMesh? other = (await IstioMeshes.ListAsync(cluster, known.Kind, cancel).ConfigureAwait(false)).FirstOrDefault(mesh => mesh.Name != name);
        if (other is null || (IstioRelease.TryParse(manifest.TextAt("spec.version"), out IstioRelease release) && release > OneMeshOnly))
            return null;
        return new MeshException("SecondMesh", FailureKind.Conflict,
            $"{cluster.Server} has the mesh {other} already, and its operator runs one mesh for a cluster: it would refuse {name} ('istio config resource already exists').",
            $"Change the one that is there (Set-IstioMesh -Name {other.Name}), or remove it first (Remove-IstioMesh -Name {other.Name}).", name);
    }

    private static void RefuseDeleting(MeshCluster cluster, MeshOperator known, JsonObject? live, string name)
    {
        if (live.At("metadata.deletionTimestamp") is null)
            return;
        throw new MeshException("MeshDeleting", FailureKind.Conflict, $"{cluster.Server} is deleting {known.Mesh.Kind} {name}.",
            "Wait until it is gone: Remove-IstioMesh waits, and says what is in the way.", name);
    }

    /// <summary>What this module has applied of an object, with its identity.</summary>
    internal static JsonObject Own(JsonObject live, KubeResource resource)
    {
        JsonObject own = Bare(live, resource);
        JsonObject applied = ManagedFields.AppliedBy(KubeApply.FieldManager, live);
        own.Merge(applied);
        return own;
    }

    private static JsonObject Bare(JsonObject live, KubeResource resource)
    {
        var bare = new JsonObject
        {
            ["apiVersion"] = resource.ApiVersion,
            ["kind"] = resource.Kind,
            ["metadata"] = new JsonObject { ["name"] = live.TextAt("metadata.name") },
            ["spec"] = new JsonObject(),
        };
        if (live.TextAt("metadata.namespace") is { } ns)
            bare.Put("metadata.namespace", ns);
        return bare;
    }
}
