using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>
/// Keeps the numbered pods of StatefulSets: one after the other, in order (<c>pkg/controller/statefulset</c> of Kubernetes 1.20). Claims of volumes are
/// made and wait: nothing provides volumes, and pods run without.
/// </summary>
internal sealed class StatefulSetController : Controller
{
    /// <summary>The collection.</summary>
    public const string Path = "apis/apps/v1/statefulsets";

    private const string NameLabel = "statefulset.kubernetes.io/pod-name";

    private readonly Informer _sets;
    private readonly PodOwners _owners;
    private readonly Revisions _revisions;

    public StatefulSetController(ControllerContext context)
        : base(context, "statefulset-controller", 2)
    {
        _sets = Informers.Of(Path);
        _owners = new PodOwners(context, Name, "apps/v1", "StatefulSet");
        _revisions = new Revisions(context, Name, "StatefulSet");
        _sets.OnChange((before, now) => Queue.Add(Informer.KeyOf(now ?? before!)));
        Pods.Of(Informers).OnChange((before, now) =>
        {
            if (Meta.ControllerOf(now ?? before!) is { } owner && Json.Text(owner, "kind") == "StatefulSet")
                AddSoon($"{Meta.Namespace(now ?? before!)}/{Json.Text(owner, "name")}", 0);
        });
    }

    protected override async Task SyncAsync(string key)
    {
        if (_sets.Find(key) is not { } set || LabelSelector.Of(Json.At(set, "spec", "selector")) is not { IsEmpty: false } selector)
            return;
        List<JsonObject> pods = await _owners.ClaimAsync(set, selector, End).ConfigureAwait(false);
        if (Meta.IsDeleting(set))
            return;
        JsonObject update = await _revisions.CurrentAsync(set, End).ConfigureAwait(false);
        IReadOnlyList<JsonObject> history = _revisions.Of(set);
        JsonObject current = history.FirstOrDefault(revision => Meta.Name(revision) == Json.Text(set, "status", "currentRevision")) ?? update;
        try
        {
            await ChangeAsync(set, pods, current, update).ConfigureAwait(false);
        }
        finally
        {
            await StatusAsync(set, pods, current, update).ConfigureAwait(false);
        }
        await _revisions.TrimAsync(set,
            pods.Select(pod => (Meta.Label(pod, Revisions.HashLabel) ?? "").Split('-')[^1]).Concat([Revisions.HashOf(update), Revisions.HashOf(current)]).ToHashSet(StringComparer.Ordinal), End).ConfigureAwait(false);
    }

    private async Task ChangeAsync(JsonObject set, List<JsonObject> pods, JsonObject current, JsonObject update)
    {
        int replicas = Meta.Int(set, "spec", "replicas") ?? 1;
        int partition = Meta.Int(set, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
        bool parallel = Json.Text(set, "spec", "podManagementPolicy") == "Parallel";
        Dictionary<int, JsonObject> byNumber = pods.Where(pod => Number(pod) >= 0).ToDictionary(Number);
        for (int number = 0; number < replicas; number++)
        {
            JsonObject? pod = byNumber.GetValueOrDefault(number);
            if (pod is not null && Pods.HasEnded(pod) && !Meta.IsDeleting(pod))
            {
                Events.Warning(set, Name, "RecreatingFailedPod", $"StatefulSet {Informer.KeyOf(set)} is recreating failed Pod {Meta.Name(pod)}");
                await _owners.DeleteAsync(set, pod, End).ConfigureAwait(false);
                return;
            }
            if (pod is null)
            {
                await ClaimVolumesAsync(set, number).ConfigureAwait(false);
                byNumber[number] = await MakeAsync(set, number, number < partition ? current : update).ConfigureAwait(false);
                pods.Add(byNumber[number]);
                if (!parallel)
                    return;
            }
            else if (!parallel && (Meta.IsDeleting(pod) || !Pods.IsReady(pod)))
            {
                return;
            }
        }
        foreach (JsonObject pod in pods.Where(pod => Number(pod) >= replicas).OrderByDescending(Number))
        {
            if (!Meta.IsDeleting(pod))
                await DeleteAsync(set, pod).ConfigureAwait(false);
            if (!parallel)
                return;
        }
        if (Json.Text(set, "spec", "updateStrategy", "type") == "OnDelete")
            return;
        for (int number = replicas - 1; number >= partition; number--)
        {
            JsonObject pod = byNumber[number];
            if (Meta.Label(pod, Revisions.HashLabel) != Meta.Name(update) && !Meta.IsDeleting(pod))
            {
                await DeleteAsync(set, pod).ConfigureAwait(false);
                return;
            }
            // The next one only when this one is well.
            if (Meta.IsDeleting(pod) || !Pods.IsReady(pod))
                return;
        }
    }

    private async Task StatusAsync(JsonObject set, List<JsonObject> pods, JsonObject current, JsonObject update)
    {
        int replicas = Meta.Int(set, "spec", "replicas") ?? 1;
        JsonObject[] made = [.. pods.Where(pod => Number(pod) >= 0 && !Pods.HasEnded(pod))];
        int updated = made.Count(pod => !Meta.IsDeleting(pod) && Meta.Label(pod, Revisions.HashLabel) == Meta.Name(update));
        int ready = made.Count(pod => Pods.IsReady(pod) && !Meta.IsDeleting(pod));
        bool complete = updated == replicas && ready == replicas && made.Length == replicas;
        string now = complete ? Meta.Name(update) : Meta.Name(current);
        await SetStatusAsync(_sets, _sets.Find(Informer.KeyOf(set)) ?? set, new JsonObject
        {
            ["observedGeneration"] = Meta.Generation(set),
            ["replicas"] = made.Length,
            ["readyReplicas"] = NotZero(ready),
            ["currentReplicas"] = NotZero(made.Count(pod => !Meta.IsDeleting(pod) && Meta.Label(pod, Revisions.HashLabel) == now)),
            ["updatedReplicas"] = NotZero(updated),
            ["currentRevision"] = now,
            ["updateRevision"] = Meta.Name(update),
            ["collisionCount"] = Meta.Int(set, "status", "collisionCount") ?? 0,
        }).ConfigureAwait(false);
    }

    private async Task<JsonObject> MakeAsync(JsonObject set, int number, JsonObject revision)
    {
        JsonNode template = Json.At(revision, "data", "spec", "template") ?? Json.At(set, "spec", "template")!;
        JsonObject pod = Pods.FromTemplate(template, Meta.OwnerReference("apps/v1", "StatefulSet", set));
        string name = PodName(set, number);
        pod["metadata"]!["name"] = name;
        JsonObject labels = Json.Ensure(pod, "metadata", "labels");
        labels[NameLabel] = name;
        labels[Revisions.HashLabel] = Meta.Name(revision);
        pod["spec"]!["hostname"] = name;
        if (Json.Text(set, "spec", "serviceName") is { Length: > 0 } service)
            pod["spec"]!["subdomain"] = service;
        JsonObject[] claims = [.. Meta.Items(set, "spec", "volumeClaimTemplates")];
        if (claims.Length > 0)
        {
            HashSet<string> claimed = [.. claims.Select(Meta.Name)];
            pod["spec"]!["volumes"] = new JsonArray(
            [
                .. claims.Select(claim => (JsonNode)new JsonObject
                {
                    ["name"] = Meta.Name(claim),
                    ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = $"{Meta.Name(claim)}-{name}" },
                }),
                .. Meta.Items(pod, "spec", "volumes").Where(volume => !claimed.Contains(Json.Text(volume, "name")!)).Select(volume => volume.DeepClone()),
            ]);
        }
        try
        {
            JsonObject made = await Api.PostAsync(Meta.Collection(Pods.Path, Meta.Namespace(set)), pod, Name, End).ConfigureAwait(false);
            Pods.Of(Informers).Observe(made);
            Events.Normal(set, Name, "SuccessfulCreate", $"create Pod {name} in StatefulSet {Meta.Name(set)} successful");
            return made;
        }
        catch (ClusterApiException e) when (e.Reason != "AlreadyExists")
        {
            Events.Warning(set, Name, "FailedCreate", $"create Pod {name} in StatefulSet {Meta.Name(set)} failed error: {e.Message}");
            throw;
        }
    }

    private async Task ClaimVolumesAsync(JsonObject set, int number)
    {
        foreach (JsonObject template in Meta.Items(set, "spec", "volumeClaimTemplates"))
        {
            JsonObject claim = template.DeepClone().AsObject();
            claim.Remove("status");
            (claim["apiVersion"], claim["kind"]) = ("v1", "PersistentVolumeClaim");
            claim["metadata"]!["name"] = $"{Meta.Name(template)}-{PodName(set, number)}";
            try
            {
                await Api.PostAsync(Meta.Collection("api/v1/persistentvolumeclaims", Meta.Namespace(set)), claim, Name, End).ConfigureAwait(false);
            }
            catch (ClusterApiException e) when (e.Status == HttpStatusCode.Conflict)
            {
                // Kept from an earlier pod of this number.
            }
        }
    }

    private async Task DeleteAsync(JsonObject set, JsonObject pod)
    {
        JsonObject? left = await Api.DeleteAsync(Meta.PathOf(Pods.Path, pod), null, Meta.Uid(pod), "Background", End).ConfigureAwait(false);
        if (left is not null && Meta.Uid(left).Length > 0)
            Pods.Of(Informers).Observe(left);
        Events.Normal(set, Name, "SuccessfulDelete", $"delete Pod {Meta.Name(pod)} in StatefulSet {Meta.Name(set)} successful");
    }

    private static string PodName(JsonObject set, int number) => string.Create(CultureInfo.InvariantCulture, $"{Meta.Name(set)}-{number}");

    private static int Number(JsonObject pod) =>
        int.TryParse(Meta.Name(pod).Split('-')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
}
