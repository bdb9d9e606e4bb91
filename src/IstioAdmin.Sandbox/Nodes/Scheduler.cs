using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Controllers;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>
/// Binds pods to nodes: those that fit by name, selector, required affinity, taints and the number of pods; of these the one with the fewest pods. Requests of
/// CPU and memory are not looked at, nor preferences, nor pods' affinity to each other.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The semaphore has no wait handle, and pods may still be bound when the scheduler ends.")]
internal sealed class Scheduler : Controller
{
    private const string Nodes = "api/v1/nodes";
    private const string Waiting = "waiting";
    private const int AtOnce = 4;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);

    private readonly Informer _pods;
    private readonly Informer _nodes;
    private readonly object _gate = new();
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _assumed = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _binding = new(AtOnce);

    public Scheduler(ControllerContext context)
        : base(context, "default-scheduler", 1)
    {
        _pods = Pods.Of(Informers).IndexBy(Waiting, pod => IsWaiting(pod) ? ["pods"] : []);
        _nodes = Informers.Of(Nodes);
        _nodes.OnChange(NodeChanged);
        _pods.OnChange(PodChanged);
    }

    private static bool IsWaiting(JsonObject pod) => Json.Text(pod, "spec", "nodeName") is null && !Meta.IsDeleting(pod) && !Pods.HasEnded(pod);

    private void NodeChanged(JsonObject? before, JsonObject? now)
    {
        lock (_gate)
        {
            if (now is null)
            {
                _places.Remove(Meta.Name(before!));
            }
            else
            {
                if (!_places.TryGetValue(Meta.Name(now), out Place? place))
                    _places[Meta.Name(now)] = place = new Place { Node = now, Count = _pods.By(Informers.ByNode, Meta.Name(now)).Count(pod => !Pods.HasEnded(pod)) };
                place.Node = now;
                place.Capacity = int.TryParse(Json.Text(now, "status", "allocatable", "pods"), out int pods) ? pods : Meta.Int(now, "status", "allocatable", "pods") ?? 0;
                place.HasTaints = Meta.Items(now, "spec", "taints").Any();
                place.IsClosed = Json.Flag(now, "spec", "unschedulable") == true;
            }
        }
        if (before is null || now is null || !JsonNode.DeepEquals(before["spec"], now["spec"]) || !JsonNode.DeepEquals(Meta.Labels(before), Meta.Labels(now))
            || !JsonNode.DeepEquals(Json.At(before, "status", "allocatable"), Json.At(now, "status", "allocatable")))
            TryAll();
    }

    private void PodChanged(JsonObject? before, JsonObject? now)
    {
        string? was = before is null || Pods.HasEnded(before) ? null : Json.Text(before, "spec", "nodeName"), @is = now is null || Pods.HasEnded(now) ? null : Json.Text(now, "spec", "nodeName");
        bool freed = false;
        lock (_gate)
        {
            string uid = Meta.Uid(now ?? before!);
            if (was != @is)
            {
                // What was assumed has come true, or has been counted already.
                if (@is is not null && _assumed.Remove(uid, out string? assumed))
                    Add(assumed, -1);
                Add(was, -1);
                Add(@is, 1);
                freed = was is not null;
            }
            if (now is null && _assumed.Remove(uid, out string? never))
                Add(never, -1);
        }
        if (now is not null && IsWaiting(now))
            Queue.Add(Informer.KeyOf(now));
        if (freed)
            TryAll();
    }

    private void TryAll()
    {
        if (_pods.CountBy(Waiting, "pods") > 0)
            Queue.AddSoon("*", Moment, End);
    }

    protected override async Task SyncAsync(string key)
    {
        if (key == "*")
        {
            foreach (JsonObject waiting in _pods.By(Waiting, "pods"))
                Queue.Add(Informer.KeyOf(waiting));
            return;
        }
        if (_pods.Find(key) is not { } pod || !IsWaiting(pod))
            return;
        if (Json.Text(pod, "spec", "schedulerName") is { } other && other != "default-scheduler")
            return;
        string uid = Meta.Uid(pod);
        (string? node, string why) = Choose(pod, uid);
        if (node is null)
        {
            await RefuseAsync(pod, why).ConfigureAwait(false);
            return;
        }
        if (node.Length == 0)
            return;
        await _binding.WaitAsync(End).ConfigureAwait(false);
        _ = Task.Run(() => BindAsync(pod, uid, node), CancellationToken.None);
    }

    /// <summary>Finds the place for a pod and assumes that it is there; an empty name when it has one already.</summary>
    private (string? Node, string Why) Choose(JsonObject pod, string uid)
    {
        JsonNode spec = pod["spec"]!;
        bool selects = spec["nodeSelector"] is JsonObject { Count: > 0 } || Json.At(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution") is not null;
        string? named = selects ? NodeFit.NamedNode(spec) : null;
        var reasons = new SortedDictionary<string, int>(StringComparer.Ordinal);
        lock (_gate)
        {
            if (_assumed.ContainsKey(uid))
                return ("", "");
            Place? best = null;
            IEnumerable<Place> places = named is null ? _places.Values : _places.TryGetValue(named, out Place? only) ? [only] : [];
            foreach (Place place in places)
            {
                if (best is not null && place.Count >= best.Count)
                    continue;
                if (WhyNot(place, spec, selects) is { } reason)
                    reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
                else
                    best = place;
            }
            if (best is not null)
            {
                best.Count++;
                _assumed[uid] = Meta.Name(best.Node);
                return (Meta.Name(best.Node), "");
            }
            int elsewhere = named is null ? 0 : _places.Count - reasons.Values.Sum();
            if (elsewhere > 0)
                reasons["node(s) didn't match Pod's node affinity"] = elsewhere;
            return (null, _places.Count == 0
                ? "no nodes available to schedule pods"
                : $"0/{_places.Count} nodes are available: {string.Join(", ", reasons.Select(reason => $"{reason.Value} {reason.Key}").Order(StringComparer.Ordinal))}.");
        }
    }

    private static string? WhyNot(Place place, JsonNode spec, bool selects)
    {
        if (place.IsClosed && NodeFit.Repels(spec, Unschedulable, "NoSchedule") is not null)
            return "node(s) were unschedulable";
        if (selects && !NodeFit.Selects(spec, place.Node))
            return "node(s) didn't match Pod's node affinity";
        if (place.HasTaints && NodeFit.Repels(spec, place.Node, "NoSchedule", "NoExecute") is { } taint)
            return $"node(s) had taint {{{Json.Text(taint, "key")}: {Json.Text(taint, "value")}}}, that the pod didn't tolerate";
        return place.Count >= place.Capacity ? "Too many pods" : null;
    }

    private static JsonObject Unschedulable { get; } = Json.Parse("""{"spec":{"taints":[{"key":"node.kubernetes.io/unschedulable","effect":"NoSchedule"}]}}""");

    private async Task BindAsync(JsonObject pod, string uid, string node)
    {
        try
        {
            await Api.PostAsync($"{Meta.PathOf(Pods.Path, pod)}/binding", new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Binding",
                ["metadata"] = new JsonObject { ["name"] = Meta.Name(pod), ["namespace"] = Meta.Namespace(pod), ["uid"] = uid },
                ["target"] = new JsonObject { ["kind"] = "Node", ["name"] = node },
            }, cancel: End).ConfigureAwait(false);
            Events.Normal(pod, Name, "Scheduled", $"Successfully assigned {Informer.KeyOf(pod)} to {node}");
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
        catch (Exception e) when (e is ClusterApiException or HttpRequestException or IOException)
        {
            lock (_gate)
            {
                if (_assumed.Remove(uid))
                    Add(node, -1);
            }
            if (e is not ClusterApiException { Status: HttpStatusCode.NotFound or HttpStatusCode.Conflict })
                Queue.AddFailed(Informer.KeyOf(pod), End);
        }
        finally
        {
            _binding.Release();
        }
    }

    private async Task RefuseAsync(JsonObject pod, string why)
    {
        if (Json.Text(Meta.Condition(pod, "PodScheduled"), "message") == why)
            return;
        JsonObject condition = PodStatus.Condition(pod, "PodScheduled", false, "Unschedulable", why);
        var others = Meta.Items(pod, "status", "conditions").Where(known => Json.Text(known, "type") != "PodScheduled").Select(known => known.DeepClone());
        _pods.Observe(await Api.PatchAsync($"{Meta.PathOf(Pods.Path, pod)}/status", new JsonObject
        {
            ["status"] = new JsonObject { ["conditions"] = new JsonArray([.. others, condition]) },
        }, Name, End).ConfigureAwait(false));
        Events.Warning(pod, Name, "FailedScheduling", why);
    }

    private void Add(string? node, int count)
    {
        if (node is not null && _places.TryGetValue(node, out Place? place))
            place.Count += count;
    }

    private sealed class Place
    {
        public required JsonObject Node { get; set; }

        public int Count { get; set; }

        public int Capacity { get; set; }

        public bool HasTaints { get; set; }

        public bool IsClosed { get; set; }
    }
}
