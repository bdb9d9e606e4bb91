using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>Keeps the status of PodDisruptionBudgets, by which evictions are allowed or not (<c>pkg/controller/disruption</c> of Kubernetes 1.20).</summary>
internal sealed class DisruptionController : Controller
{
    private const string Path = "apis/policy/v1beta1/poddisruptionbudgets";
    private static readonly TimeSpan EvictionTimeout = TimeSpan.FromMinutes(2);

    private readonly Informer _budgets;
    private readonly Informer _pods;
    private readonly Informer _sets;
    private readonly Informer _deployments;
    private readonly Informer _stateful;

    public DisruptionController(ControllerContext context)
        : base(context, "disruption-controller")
    {
        _budgets = Informers.Of(Path);
        _pods = Pods.Of(Informers);
        _sets = Informers.Of(ReplicaSetController.Path);
        _deployments = Informers.Of(DeploymentController.Path);
        _stateful = Informers.Of(StatefulSetController.Path);
        _budgets.OnChange((before, now) => Queue.Add(Informer.KeyOf(now ?? before!)));
        _pods.OnChange((before, now) =>
        {
            foreach (JsonObject budget in _budgets.By(Informers.ByNamespace, Meta.Namespace(now ?? before!)!))
            {
                if (LabelSelector.SharedOf(Json.At(budget, "spec", "selector") as JsonObject) is { IsEmpty: false } selector
                    && (selector.Matches(Meta.Labels(now)) || (before is not null && selector.Matches(Meta.Labels(before)))))
                    AddSoon(Informer.KeyOf(budget), _pods.CountBy(Informers.ByNamespace, Meta.Namespace(budget)!));
            }
        });
        foreach (Informer scaled in (Informer[])[_deployments, _stateful])
        {
            scaled.OnChange((before, now) =>
            {
                if (now is null || before is null || Meta.Int(before, "spec", "replicas") == Meta.Int(now, "spec", "replicas"))
                    return;
                foreach (JsonObject budget in _budgets.By(Informers.ByNamespace, Meta.Namespace(now)!))
                    AddSoon(Informer.KeyOf(budget), _pods.CountBy(Informers.ByNamespace, Meta.Namespace(budget)!));
            });
        }
    }

    protected override async Task SyncAsync(string key)
    {
        if (_budgets.Find(key) is not { } budget || LabelSelector.Of(Json.At(budget, "spec", "selector")) is not { } selector)
            return;
        // In policy/v1beta1 an empty selector takes no pod.
        JsonObject[] pods = selector.IsEmpty ? [] : [.. Pods.Matching(_pods, Meta.Namespace(budget)!, Json.At(budget, "spec", "selector", "matchLabels"), selector)];
        if (pods.Length == 0)
            Events.Normal(budget, "controllermanager", "NoPods", "No matching pods found");
        JsonNode? most = Json.At(budget, "spec", "maxUnavailable"), least = Json.At(budget, "spec", "minAvailable");
        int expected, desired;
        if (most is not null)
        {
            expected = Scale(pods);
            desired = Math.Max(0, expected - (Shares.Of(most, expected, up: true) ?? 0));
        }
        else if (least is JsonValue value && value.TryGetValue(out int number))
        {
            (expected, desired) = (pods.Length, number);
        }
        else
        {
            expected = Scale(pods);
            desired = Shares.Of(least, expected, up: true) ?? 0;
        }
        DateTimeOffset now = DateTimeOffset.UtcNow;
        var evicted = new JsonObject();
        foreach ((string name, JsonNode? at) in Json.At(budget, "status", "disruptedPods") as JsonObject ?? [])
        {
            JsonObject? pod = Array.Find(pods, pod => Meta.Name(pod) == name);
            if (pod is null || Meta.IsDeleting(pod))
                continue;
            DateTimeOffset until = (Meta.Time((string?)at) ?? now) + EvictionTimeout;
            if (until > now)
            {
                evicted[name] = at!.DeepClone();
                Queue.AddAfter(key, until - now, End);
            }
        }
        int healthy = pods.Count(pod => !Meta.IsDeleting(pod) && Pods.IsReady(pod) && !evicted.ContainsKey(Meta.Name(pod)));
        int allowed = expected <= 0 || healthy < desired ? 0 : healthy - desired;
        foreach ((string name, _) in (Json.At(budget, "status", "disruptedPods") as JsonObject) ?? [])
        {
            if (!evicted.ContainsKey(name))
                evicted[name] = null;
        }
        await SetStatusAsync(_budgets, budget, new JsonObject
        {
            ["observedGeneration"] = Meta.Generation(budget),
            ["disruptedPods"] = evicted.Count == 0 ? null : evicted,
            ["disruptionsAllowed"] = allowed,
            ["currentHealthy"] = healthy,
            ["desiredHealthy"] = desired,
            ["expectedPods"] = expected,
        }).ConfigureAwait(false);
    }

    /// <summary>How many pods the controllers of these pods are to have.</summary>
    private int Scale(JsonObject[] pods)
    {
        var scales = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonObject pod in pods)
        {
            if (Meta.ControllerOf(pod) is not { } owner)
                continue;
            string ns = Meta.Namespace(pod)!, name = Json.Text(owner, "name")!;
            JsonObject? workload = Json.Text(owner, "kind") switch { "ReplicaSet" => _sets.Find(ns, name), "StatefulSet" => _stateful.Find(ns, name), _ => null };
            if (workload is not null && Meta.ControllerOf(workload) is { } above && Json.Text(above, "kind") == "Deployment")
                workload = _deployments.Find(ns, Json.Text(above, "name")!) ?? workload;
            if (workload is not null)
                scales[Meta.Uid(workload)] = Meta.Int(workload, "spec", "replicas") ?? 1;
        }
        return scales.Values.Sum();
    }
}
