using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>Keeps a pod of each DaemonSet on each node that it fits (<c>pkg/controller/daemon</c> of Kubernetes 1.20).</summary>
internal sealed class DaemonSetController : Controller
{
    /// <summary>The collection.</summary>
    public const string Path = "apis/apps/v1/daemonsets";

    private const string GenerationLabel = "pod-template-generation";

    private readonly Informer _sets;
    private readonly Informer _nodes;
    private readonly PodOwners _owners;
    private readonly Revisions _revisions;

    public DaemonSetController(ControllerContext context)
        : base(context, "daemonset-controller", 2)
    {
        _sets = Informers.Of(Path);
        _nodes = Informers.Of("api/v1/nodes");
        _owners = new PodOwners(context, Name, "apps/v1", "DaemonSet");
        _revisions = new Revisions(context, Name, "DaemonSet");
        _sets.OnChange((before, now) => Queue.Add(Informer.KeyOf(now ?? before!)));
        _nodes.OnChange((before, now) =>
        {
            // A heartbeat changes nothing.
            if (before is not null && now is not null && JsonNode.DeepEquals(before["spec"], now["spec"]) && JsonNode.DeepEquals(Meta.Labels(before), Meta.Labels(now)))
                return;
            foreach (JsonObject set in _sets.All())
                AddSoon(Informer.KeyOf(set), _nodes.Count);
        });
        Pods.Of(Informers).OnChange((before, now) =>
        {
            if (Meta.ControllerOf(now ?? before!) is { } owner && Json.Text(owner, "kind") == "DaemonSet")
                AddSoon($"{Meta.Namespace(now ?? before!)}/{Json.Text(owner, "name")}", _nodes.Count);
        });
    }

    protected override async Task SyncAsync(string key)
    {
        if (_sets.Find(key) is not { } set || LabelSelector.Of(Json.At(set, "spec", "selector")) is not { IsEmpty: false } selector)
            return;
        List<JsonObject> pods = await _owners.ClaimAsync(set, selector, End).ConfigureAwait(false);
        if (Meta.IsDeleting(set))
            return;
        JsonObject revision = await _revisions.CurrentAsync(set, End).ConfigureAwait(false);
        string hash = Revisions.HashOf(revision);
        ILookup<string, JsonObject> byNode = pods.ToLookup(NodeOf, StringComparer.Ordinal);
        JsonNode spec = Json.At(set, "spec", "template", "spec")!;
        ClusterApiException? failure = null;
        int desired = 0, current = 0, misplaced = 0, ready = 0, available = 0, updated = 0;
        var missing = new List<JsonObject>();
        foreach (JsonObject node in _nodes.All())
        {
            (bool runs, bool stays) = Fits(spec, node);
            JsonObject[] here = [.. byNode[Meta.Name(node)]];
            if (!stays)
            {
                misplaced += here.Length > 0 ? 1 : 0;
                foreach (JsonObject pod in here.Where(pod => !Meta.IsDeleting(pod)))
                    await _owners.DeleteAsync(set, pod, End).ConfigureAwait(false);
                continue;
            }
            if (!runs)
            {
                misplaced += here.Length > 0 ? 1 : 0;
                continue;
            }
            desired++;
            JsonObject[] alive = [.. here.Where(pod => !Meta.IsDeleting(pod))];
            foreach (JsonObject failed in alive.Where(pod => Pods.Phase(pod) == "Failed"))
            {
                Events.Warning(set, Name, "FailedDaemonPod", $"Found failed daemon pod {Informer.KeyOf(failed)} on node {Meta.Name(node)}, will try to kill it");
                await _owners.DeleteAsync(set, failed, End).ConfigureAwait(false);
            }
            alive = [.. alive.Where(pod => Pods.Phase(pod) != "Failed").OrderBy(Meta.Created)];
            foreach (JsonObject surplus in alive.Skip(1))
                await _owners.DeleteAsync(set, surplus, End).ConfigureAwait(false);
            if (here.Length == 0)
            {
                missing.Add(node);
                continue;
            }
            current++;
            JsonObject one = alive.Length > 0 ? alive[0] : here[0];
            ready += Pods.IsReady(one) ? 1 : 0;
            available += Pods.IsAvailable(one, Meta.Int(set, "spec", "minReadySeconds") ?? 0) ? 1 : 0;
            updated += IsUpdated(one, hash) ? 1 : 0;
        }
        // Pods of nodes that are gone.
        foreach (JsonObject pod in pods.Where(pod => !Meta.IsDeleting(pod) && _nodes.Find(NodeOf(pod)) is null))
            await _owners.DeleteAsync(set, pod, End).ConfigureAwait(false);
        if (missing.Count > 0)
        {
            (IReadOnlyList<JsonObject> made, failure) = await _owners.CreateAsync(set, missing.Count, number => Make(set, missing[number], hash), End).ConfigureAwait(false);
            current += made.Count;
            updated += made.Count;
        }
        else
        {
            await RollAsync(set, byNode, hash, desired).ConfigureAwait(false);
        }
        await SetStatusAsync(_sets, set, new JsonObject
        {
            ["currentNumberScheduled"] = current,
            ["numberMisscheduled"] = misplaced,
            ["desiredNumberScheduled"] = desired,
            ["numberReady"] = ready,
            ["observedGeneration"] = Meta.Generation(set),
            ["updatedNumberScheduled"] = NotZero(updated),
            ["numberAvailable"] = NotZero(available),
            ["numberUnavailable"] = NotZero(desired - available),
        }).ConfigureAwait(false);
        if (available < ready)
            Queue.AddAfter(key, TimeSpan.FromSeconds(1), End);
        await _revisions.TrimAsync(set, pods.Select(pod => Meta.Label(pod, Revisions.HashLabel) ?? "").Append(hash).ToHashSet(StringComparer.Ordinal), End).ConfigureAwait(false);
        if (failure is not null)
            throw failure;
    }

    /// <summary>Deletes old pods, those that are not available first, so that no more than allowed are away (<c>daemon/update.go</c>).</summary>
    private async Task RollAsync(JsonObject set, ILookup<string, JsonObject> byNode, string hash, int desired)
    {
        if (Json.Text(set, "spec", "updateStrategy", "type") == "OnDelete")
            return;
        int most = Shares.Of(Json.At(set, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable"), desired, up: true) ?? 1;
        int minReady = Meta.Int(set, "spec", "minReadySeconds") ?? 0, away = 0;
        var old = new List<JsonObject>();
        JsonNode spec = Json.At(set, "spec", "template", "spec")!;
        foreach (JsonObject node in _nodes.All().Where(node => Fits(spec, node).Runs))
        {
            JsonObject? pod = byNode[Meta.Name(node)].FirstOrDefault(pod => !Meta.IsDeleting(pod));
            bool up = pod is not null && Pods.IsAvailable(pod, minReady);
            away += up ? 0 : 1;
            if (pod is null || IsUpdated(pod, hash))
                continue;
            if (up)
                old.Add(pod);
            else
                await _owners.DeleteAsync(set, pod, End).ConfigureAwait(false);
        }
        foreach (JsonObject pod in old.OrderBy(NodeOf, StringComparer.Ordinal).Take(Math.Max(0, most - away)))
            await _owners.DeleteAsync(set, pod, End).ConfigureAwait(false);
    }

    private static bool IsUpdated(JsonObject pod, string hash) => Meta.Label(pod, Revisions.HashLabel) == hash;

    private static string NodeOf(JsonObject pod) => Json.Text(pod, "spec", "nodeName") ?? NodeFit.NamedNode(pod["spec"]!) ?? "";

    private static (bool Runs, bool Stays) Fits(JsonNode spec, JsonObject node)
    {
        JsonObject tolerant = WithTolerations(spec);
        if (!NodeFit.Selects(tolerant, node))
            return (false, false);
        bool evicts = NodeFit.Repels(tolerant, node, "NoExecute") is not null;
        return (!evicts && NodeFit.Repels(tolerant, node, "NoSchedule") is null, !evicts);
    }

    // A shallow copy would move nodes of the tree; only what NodeFit looks at is copied.
    private static JsonObject WithTolerations(JsonNode spec)
    {
        var copy = new JsonObject();
        foreach (string part in (string[])["nodeSelector", "affinity", "tolerations", "hostNetwork"])
        {
            if (spec[part] is { } value)
                copy[part] = value.DeepClone();
        }
        AddTolerations(copy);
        return copy;
    }

    /// <summary>What every pod of a DaemonSet tolerates (<c>daemon/util</c>, AddOrUpdateDaemonPodTolerations).</summary>
    private static void AddTolerations(JsonObject spec)
    {
        var tolerations = (JsonArray?)spec["tolerations"]?.DeepClone() ?? [];
        List<(string Key, string Effect)> added =
        [
            ("not-ready", "NoExecute"), ("unreachable", "NoExecute"), ("disk-pressure", "NoSchedule"), ("memory-pressure", "NoSchedule"), ("pid-pressure", "NoSchedule"), ("unschedulable", "NoSchedule"),
        ];
        if (Json.Flag(spec, "hostNetwork") == true)
            added.Add(("network-unavailable", "NoSchedule"));
        foreach ((string key, string effect) in added)
            tolerations.Add(new JsonObject { ["key"] = $"node.kubernetes.io/{key}", ["operator"] = "Exists", ["effect"] = effect });
        spec["tolerations"] = tolerations;
    }

    private static JsonObject Make(JsonObject set, JsonObject node, string hash)
    {
        JsonObject pod = Pods.FromTemplate(Json.At(set, "spec", "template")!, Meta.OwnerReference("apps/v1", "DaemonSet", set));
        pod["metadata"]!["generateName"] = $"{Meta.Name(set)}-";
        JsonObject labels = Json.Ensure(pod, "metadata", "labels");
        labels[Revisions.HashLabel] = hash;
        labels[GenerationLabel] = (Meta.Annotation(set, "deprecated.daemonset.template.generation") ?? Meta.Generation(set).ToString(CultureInfo.InvariantCulture));
        JsonObject spec = pod["spec"]!.AsObject();
        AddTolerations(spec);
        // Instead of what the template requires of the node's name; the rest has been looked at here.
        Json.Ensure(spec, "affinity", "nodeAffinity")["requiredDuringSchedulingIgnoredDuringExecution"] = new JsonObject
        {
            ["nodeSelectorTerms"] = new JsonArray(new JsonObject
            {
                ["matchFields"] = new JsonArray(new JsonObject { ["key"] = "metadata.name", ["operator"] = "In", ["values"] = new JsonArray(Meta.Name(node)) }),
            }),
        };
        return pod;
    }
}
