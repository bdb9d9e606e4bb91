using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Mesh.Changes;

/// <summary>Collects the steps of a change, each tried out on the server without being done.</summary>
internal sealed class Planning
{
    private readonly MeshCluster _cluster;
    private readonly MeshOperator _operator;
    private readonly bool _force;
    private readonly IReporter _reporter;
    private readonly List<MeshStep> _steps = [];
    private readonly List<JsonObject> _companions = [];
    private bool _withoutNamespace;

    public Planning(MeshCluster cluster, MeshOperator known, bool force, IReporter reporter)
    {
        _cluster = cluster;
        _operator = known;
        _force = force;
        _reporter = reporter;
    }

    /// <summary>Whether the server is asked what each step would do; not where that is known to be a refusal.</summary>
    public bool TriesOut { get; init; } = true;

    /// <summary>What goes with the mesh, as it will be.</summary>
    public IReadOnlyList<JsonObject> Companions => _companions;

    /// <summary>The plan.</summary>
    public MeshChange Change(string name, string ns, IReadOnlyList<JsonObject> documents) =>
        new() { Cluster = _cluster, Operator = _operator, Name = name, Namespace = ns, Steps = _steps, Force = _force, Documents = documents };

    /// <summary>Makes the namespace where it is missing.</summary>
    public async Task NamespaceAsync(string ns, CancellationToken cancel)
    {
        JsonObject? found;
        try
        {
            found = await _cluster.Client.GetAsync(KubeResource.Namespaces, null, ns, cancel).ConfigureAwait(false);
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            _reporter.Detail($"Namespace {ns} may not be read; going on as if it were there.");
            return;
        }
        if (found.TextAt("status.phase") == "Terminating")
        {
            throw new MeshException("NamespaceTerminating", FailureKind.Conflict, $"Namespace {ns} on {_cluster.Server} is being deleted and accepts nothing new.",
                "Wait until it is gone; what hangs in it shows in its status ('kubectl get namespace -o yaml').", ns);
        }
        if (found is not null)
            return;
        _withoutNamespace = true;
        Add(KubeResource.Namespaces, new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = ns } }, null, "Create");
    }

    /// <summary>Makes the mesh as a manifest says.</summary>
    public async Task<ApplyOutcome> MeshAsync(JsonObject manifest, JsonObject? live, CancellationToken cancel)
    {
        ApplyOutcome outcome = await RehearseAsync(_operator.Mesh, manifest, live, cancel).ConfigureAwait(false);
        if (outcome != ApplyOutcome.Unchanged)
            Add(_operator.Mesh, manifest, live, live is null ? "Create" : "Change");
        return outcome;
    }

    /// <summary>Makes, or removes, what goes with the mesh.</summary>
    public async Task CompanionsAsync(IReadOnlyList<MeshCompanion> companions, CancellationToken cancel)
    {
        foreach (MeshCompanion companion in companions)
        {
            if (await _cluster.Client.FindResourceAsync(companion.Resource.ApiVersion, companion.Resource.Kind, cancel).ConfigureAwait(false) is null)
            {
                if (companion.Remove)
                    continue;
                JsonObject fresh = Whole(companion, live: null);
                _companions.Add(fresh);
                Add(companion.Resource, fresh, null, "Create", later: true);
                continue;
            }
            JsonObject? live = await _cluster.Client.GetAsync(companion.Resource, companion.Namespace, companion.Name, cancel).ConfigureAwait(false);
            if (companion.Remove)
            {
                if (live is not null)
                    _steps.Add(new MeshStep { Resource = companion.Resource, Namespace = companion.Namespace, Name = companion.Name, Action = "Remove", Live = live });
                continue;
            }
            JsonObject manifest = Whole(companion, live);
            _companions.Add(manifest);
            ApplyOutcome outcome = await RehearseAsync(companion.Resource, manifest, live, cancel).ConfigureAwait(false);
            if (outcome != ApplyOutcome.Unchanged)
                Add(companion.Resource, manifest, live, live is null ? "Create" : "Change");
        }
    }

    private static JsonObject Whole(MeshCompanion companion, JsonObject? live)
    {
        JsonObject whole = live is null ? (JsonObject)companion.Fallback.DeepClone() : MeshPlanner.Own(live, companion.Resource);
        var ordered = new JsonObject { ["apiVersion"] = companion.Resource.ApiVersion, ["kind"] = companion.Resource.Kind, ["metadata"] = companion.Manifest["metadata"]!.DeepClone() };
        ordered.Merge(whole);
        ordered.Merge(companion.Manifest);
        return ordered;
    }

    private async Task<ApplyOutcome> RehearseAsync(KubeResource resource, JsonObject manifest, JsonObject? live, CancellationToken cancel)
    {
        ApplyOutcome guess = live is null ? ApplyOutcome.Created : ApplyOutcome.Changed;
        if (!TriesOut || (_withoutNamespace && resource.Namespaced))
            return guess;
        try
        {
            AppliedObject tried = await MeshApply.ApplyAsync(_cluster.Client, resource, manifest, _operator.Dialect.FieldManagers, new ApplyOptions(_force, DryRun: true), _reporter, cancel).ConfigureAwait(false);
            return tried.Outcome;
        }
        // An admission webhook with side effects makes the server refuse every dry run (apiserver, NewDryRunUnsupportedErr).
        catch (MeshException e) when (e.Kind == FailureKind.Rejected && e.Message.Contains("does not support dry run", StringComparison.Ordinal))
        {
            _reporter.Detail($"{resource.Kind} {manifest.TextAt("metadata.name")} cannot be tried out beforehand: {e.Message}");
            return guess;
        }
    }

    private void Add(KubeResource resource, JsonObject manifest, JsonObject? live, string action, bool later = false) => _steps.Add(new MeshStep
    {
        Resource = resource,
        Namespace = resource.Namespaced ? manifest.TextAt("metadata.namespace") : null,
        Name = manifest.TextAt("metadata.name") ?? "",
        Action = action,
        Manifest = manifest,
        Live = live,
        Later = later,
    });
}
