using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>Keeps as many pods as a ReplicaSet asks for (<c>pkg/controller/replicaset</c> of Kubernetes 1.20).</summary>
internal sealed class ReplicaSetController : Controller
{
    /// <summary>The collection.</summary>
    public const string Path = "apis/apps/v1/replicasets";

    /// <summary>Pods that are made or deleted in one go (BurstReplicas).</summary>
    private const int Burst = 500;

    private readonly Informer _sets;
    private readonly Informer _pods;
    private readonly PodOwners _owners;

    public ReplicaSetController(ControllerContext context)
        : base(context, "replicaset-controller", 4)
    {
        _sets = Informers.Of(Path);
        _owners = new PodOwners(context, Name, "apps/v1", "ReplicaSet");
        _sets.OnChange((before, now) => Queue.Add(Informer.KeyOf(now ?? before!)));
        _pods = Pods.Of(Informers);
        _pods.OnChange((before, now) =>
        {
            // The same owner before and after is told once.
            if (now is null || (before is not null && Json.Text(Meta.ControllerOf(before), "uid") != Json.Text(Meta.ControllerOf(now), "uid")))
                Enqueue(before);
            Enqueue(now);
        });
    }

    private void Enqueue(JsonObject? pod)
    {
        if (pod is null)
            return;
        if (Meta.ControllerOf(pod) is { } owner)
        {
            if (Json.Text(owner, "kind") == "ReplicaSet")
                AddSoon($"{Meta.Namespace(pod)}/{Json.Text(owner, "name")}", _pods.CountBy(Informers.ByController, Json.Text(owner, "uid") ?? ""));
            return;
        }
        // Nobody's pod may be somebody's.
        foreach (JsonObject set in _sets.By(Informers.ByNamespace, Meta.Namespace(pod)!))
        {
            if (LabelSelector.Of(Json.At(set, "spec", "selector")) is { IsEmpty: false } selector && selector.Matches(Meta.Labels(pod)))
                Queue.Add(Informer.KeyOf(set));
        }
    }

    protected override async Task SyncAsync(string key)
    {
        if (_sets.Find(key) is not { } set || LabelSelector.Of(Json.At(set, "spec", "selector")) is not { } selector)
            return;
        List<JsonObject> pods = [.. (await _owners.ClaimAsync(set, selector, End).ConfigureAwait(false)).Where(Pods.IsActive)];
        ClusterApiException? failure = null;
        string? failed = null;
        if (!Meta.IsDeleting(set))
        {
            int missing = (Meta.Int(set, "spec", "replicas") ?? 1) - pods.Count;
            if (missing > 0)
            {
                JsonNode template = Json.At(set, "spec", "template")!;
                (IReadOnlyList<JsonObject> made, failure) = await _owners.CreateAsync(set, Math.Min(missing, Burst), _ =>
                {
                    JsonObject pod = Pods.FromTemplate(template, Meta.OwnerReference("apps/v1", "ReplicaSet", set));
                    pod["metadata"]!["generateName"] = $"{Meta.Name(set)}-";
                    return pod;
                }, End).ConfigureAwait(false);
                failed = "FailedCreate";
                pods.AddRange(made);
                if (failure is null && missing > Burst)
                    Queue.Add(key);
            }
            else if (missing < 0)
            {
                JsonObject[] surplus = [.. Pods.ByWorth(pods).Take(Math.Min(-missing, Burst))];
                foreach (JsonObject pod in surplus)
                    await _owners.DeleteAsync(set, pod, End).ConfigureAwait(false);
                pods = [.. pods.Except(surplus)];
            }
        }
        await SetStatusAsync(_sets, set, Status(set, pods, failed, failure)).ConfigureAwait(false);
        Reconsider(key, set, pods);
        if (failure is not null)
            throw failure;
    }

    /// <summary>A pod becomes available without a change: when it has been ready for long enough.</summary>
    private void Reconsider(string key, JsonObject set, List<JsonObject> pods)
    {
        int minReady = Meta.Int(set, "spec", "minReadySeconds") ?? 0;
        if (minReady > 0 && pods.Exists(pod => Pods.IsReady(pod) && !Pods.IsAvailable(pod, minReady)))
            Queue.AddAfter(key, TimeSpan.FromSeconds(1), End);
    }

    private static JsonObject Status(JsonObject set, List<JsonObject> pods, string? failed, ClusterApiException? failure)
    {
        int minReady = Meta.Int(set, "spec", "minReadySeconds") ?? 0;
        LabelSelector template = LabelSelector.OfMap(Json.At(set, "spec", "template", "metadata", "labels") as JsonObject);
        JsonObject? before = Meta.Condition(set, "ReplicaFailure");
        JsonArray? conditions = null;
        if (failure is not null)
        {
            conditions = before is not null && Json.Text(before, "message") == failure.Message ? new JsonArray(before.DeepClone()) : new JsonArray(new JsonObject
            {
                ["type"] = "ReplicaFailure",
                ["status"] = "True",
                ["lastTransitionTime"] = Json.Now(),
                ["reason"] = failed,
                ["message"] = failure.Message,
            });
        }
        return new JsonObject
        {
            ["replicas"] = pods.Count,
            ["fullyLabeledReplicas"] = NotZero(pods.Count(pod => template.Matches(Meta.Labels(pod)))),
            ["readyReplicas"] = NotZero(pods.Count(Pods.IsReady)),
            ["availableReplicas"] = NotZero(pods.Count(pod => Pods.IsAvailable(pod, minReady))),
            ["observedGeneration"] = Meta.Generation(set),
            ["conditions"] = conditions,
        };
    }
}
