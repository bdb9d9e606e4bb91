using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>Rolls out Deployments (<c>pkg/controller/deployment</c> of Kubernetes 1.20).</summary>
internal sealed class DeploymentController : Controller
{
    /// <summary>The collection.</summary>
    public const string Path = "apis/apps/v1/deployments";

    private const string RollbackAnnotation = "deprecated.deployment.rollback.to";

    private readonly Informer _deployments;
    private readonly Informer _sets;
    private readonly Informer _pods;

    public DeploymentController(ControllerContext context)
        : base(context, "deployment-controller", 2)
    {
        _deployments = Informers.Of(Path);
        _sets = Informers.Of(ReplicaSetController.Path);
        _pods = Pods.Of(Informers);
        _deployments.OnChange((before, now) => Queue.Add(Informer.KeyOf(now ?? before!)));
        _sets.OnChange((before, now) => Enqueue(now ?? before!));
        // Recreate goes on when the last old pod has gone.
        _pods.OnChange((before, now) =>
        {
            if (now is null && Meta.ControllerOf(before!) is { } owner && _sets.Find(Meta.Namespace(before!)!, Json.Text(owner, "name")!) is { } set)
                Enqueue(set);
        });
    }

    private void Enqueue(JsonObject set)
    {
        if (Meta.ControllerOf(set) is { } owner)
        {
            if (Json.Text(owner, "kind") == "Deployment")
                AddSoon($"{Meta.Namespace(set)}/{Json.Text(owner, "name")}", Meta.Int(set, "status", "replicas") ?? 0);
            return;
        }
        foreach (JsonObject deployment in _deployments.By(Informers.ByNamespace, Meta.Namespace(set)!))
        {
            if (LabelSelector.Of(Json.At(deployment, "spec", "selector")) is { IsEmpty: false } selector && selector.Matches(Meta.Labels(set)))
                Queue.Add(Informer.KeyOf(deployment));
        }
    }

    protected override async Task SyncAsync(string key)
    {
        if (_deployments.Find(key) is not { } deployment || LabelSelector.Of(Json.At(deployment, "spec", "selector")) is not { } selector)
            return;
        if (selector.IsEmpty)
        {
            Events.Warning(deployment, Name, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.");
            await SetStatusAsync(_deployments, deployment, new JsonObject { ["observedGeneration"] = Meta.Generation(deployment) }).ConfigureAwait(false);
            return;
        }
        var rollout = new Rollout(deployment, await ClaimAsync(deployment, selector).ConfigureAwait(false));
        var conditions = new DeploymentConditions(deployment);
        try
        {
            if (Meta.IsDeleting(deployment))
            {
                await StatusAsync(rollout, conditions, progress: false).ConfigureAwait(false);
                return;
            }
            conditions.NotePause(rollout.IsPaused);
            if (!rollout.IsPaused && Meta.Annotation(deployment, RollbackAnnotation) is { } to)
            {
                await RollBackAsync(rollout, to).ConfigureAwait(false);
                return;
            }
            if (rollout.IsPaused || WasScaled(rollout))
            {
                await FindNewAsync(rollout, conditions, create: false).ConfigureAwait(false);
                await SpreadAsync(rollout).ConfigureAwait(false);
                if (rollout.IsPaused)
                    await CleanUpAsync(rollout).ConfigureAwait(false);
                await StatusAsync(rollout, conditions, progress: true).ConfigureAwait(false);
                return;
            }
            await (rollout.IsRolling ? RollAsync(rollout, conditions) : RecreateAsync(rollout, conditions)).ConfigureAwait(false);
            await StatusAsync(rollout, conditions, progress: true).ConfigureAwait(false);
        }
        catch (ClusterApiException)
        {
            // Nevertheless, what is known is to be seen.
            await StatusAsync(rollout, conditions, progress: false).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<List<JsonObject>> ClaimAsync(JsonObject deployment, LabelSelector selector)
    {
        List<JsonObject> mine = [.. _sets.By(Informers.ByController, Meta.Uid(deployment))];
        if (Meta.IsDeleting(deployment))
            return mine;
        foreach (JsonObject set in _sets.By(Informers.ByNamespace, Meta.Namespace(deployment)!))
        {
            if (Meta.ControllerOf(set) is not null || Meta.IsDeleting(set) || !selector.Matches(Meta.Labels(set)))
                continue;
            var owners = new JsonArray([.. Meta.Owners(set).Select(other => other.DeepClone()), Meta.OwnerReference("apps/v1", "Deployment", deployment)]);
            mine.Add(await PatchAsync(set, new JsonObject { ["metadata"] = new JsonObject { ["uid"] = Meta.Uid(set), ["ownerReferences"] = owners } }).ConfigureAwait(false));
        }
        return mine;
    }

    // Scaling

    /// <summary>Whether somebody changed the number of replicas, which is not a rollout (isScalingEvent).</summary>
    private static bool WasScaled(Rollout rollout) => rollout.Sets.Exists(set =>
        Rollout.Wanted(set) > 0 && int.TryParse(Meta.Annotation(set, Rollout.DesiredAnnotation), out int desired) && desired != rollout.Replicas);

    /// <summary>Spreads the Deployment's replicas over its ReplicaSets in proportion to what they have (scale in sync.go).</summary>
    private async Task SpreadAsync(Rollout rollout)
    {
        JsonObject[] active = [.. rollout.Sets.Where(set => Rollout.Wanted(set) > 0)];
        if (active.Length <= 1)
        {
            JsonObject? only = active.Length == 1 ? active[0] : rollout.New ?? rollout.Sets.OrderBy(Rollout.Revision).LastOrDefault();
            if (only is not null && Rollout.Wanted(only) != rollout.Replicas)
                await ScaleAsync(rollout, only, rollout.Replicas).ConfigureAwait(false);
            else if (only is not null)
                await AnnotateAsync(rollout, only).ConfigureAwait(false);
            return;
        }
        if (rollout.New is { } fresh && Rollout.Wanted(fresh) == rollout.Replicas && Rollout.Available(fresh) == rollout.Replicas)
        {
            foreach (JsonObject old in active.Where(set => Meta.Uid(set) != Meta.Uid(fresh)))
                await ScaleAsync(rollout, old, 0).ConfigureAwait(false);
            return;
        }
        if (!rollout.IsRolling)
            return;
        int allowed = rollout.Replicas > 0 ? rollout.Replicas + rollout.MaxSurge : 0;
        int toAdd = allowed - active.Sum(Rollout.Wanted), added = 0;
        JsonObject[] order = [.. toAdd > 0
            ? active.OrderByDescending(Rollout.Wanted).ThenByDescending(Meta.Created)
            : active.OrderByDescending(Rollout.Wanted).ThenBy(Meta.Created)];
        var sizes = new int[order.Length];
        for (int i = 0; i < order.Length; i++)
        {
            sizes[i] = Rollout.Wanted(order[i]);
            if (toAdd == 0)
                continue;
            int before = int.TryParse(Meta.Annotation(order[i], Rollout.MaxAnnotation), out int max) && max > 0 ? max : Rollout.Actual(rollout.Deployment);
            int share = before == 0 ? 0 : (int)Math.Round((double)sizes[i] * allowed / before, MidpointRounding.AwayFromZero) - sizes[i];
            int left = toAdd - added;
            share = toAdd > 0 ? Math.Min(share, left) : Math.Max(share, left);
            sizes[i] += share;
            added += share;
        }
        sizes[0] = Math.Max(0, sizes[0] + toAdd - added);
        for (int i = 0; i < order.Length; i++)
            await ScaleAsync(rollout, order[i], sizes[i]).ConfigureAwait(false);
    }

    /// <summary>Sets a ReplicaSet's number and what it remembers of the Deployment's (scaleReplicaSet).</summary>
    private async Task<bool> ScaleAsync(Rollout rollout, JsonObject set, int replicas)
    {
        int before = Rollout.Wanted(set);
        if (before == replicas)
        {
            await AnnotateAsync(rollout, set).ConfigureAwait(false);
            return false;
        }
        JsonObject scaled = await PatchAsync(set, new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = Numbers(rollout) },
            ["spec"] = new JsonObject { ["replicas"] = replicas },
        }).ConfigureAwait(false);
        rollout.Replace(scaled);
        Events.Normal(rollout.Deployment, Name, "ScalingReplicaSet", $"Scaled {(replicas > before ? "up" : "down")} replica set {Meta.Name(set)} to {replicas}");
        return true;
    }

    private async Task AnnotateAsync(Rollout rollout, JsonObject set)
    {
        JsonObject numbers = Numbers(rollout);
        if (numbers.Any(annotation => Meta.Annotation(set, annotation.Key) != (string?)annotation.Value))
            rollout.Replace(await PatchAsync(set, new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = numbers } }).ConfigureAwait(false));
    }

    private static JsonObject Numbers(Rollout rollout) => new()
    {
        [Rollout.DesiredAnnotation] = rollout.Replicas.ToString(CultureInfo.InvariantCulture),
        [Rollout.MaxAnnotation] = (rollout.Replicas + rollout.MaxSurge).ToString(CultureInfo.InvariantCulture),
    };

    // The new ReplicaSet

    /// <summary>Finds the ReplicaSet of the Deployment's template, gives it its revision, or makes it (getNewReplicaSet).</summary>
    private async Task FindNewAsync(Rollout rollout, DeploymentConditions conditions, bool create)
    {
        JsonObject deployment = rollout.Deployment;
        long revision = rollout.Old.Select(Rollout.Revision).DefaultIfEmpty().Max() + 1;
        if (rollout.New is { } known)
        {
            var annotations = new JsonObject();
            foreach ((string name, JsonNode? value) in rollout.Copied())
            {
                if (Meta.Annotation(known, name) != (string?)value)
                    annotations[name] = value?.DeepClone();
            }
            long before = Rollout.Revision(known);
            if (before < revision)
            {
                annotations[Rollout.RevisionAnnotation] = revision.ToString(CultureInfo.InvariantCulture);
                if (before > 0)
                    annotations[Rollout.HistoryAnnotation] = string.Join(',', [.. (Meta.Annotation(known, Rollout.HistoryAnnotation)?.Split(',') ?? []), before.ToString(CultureInfo.InvariantCulture)]);
            }
            foreach ((string name, JsonNode? value) in Numbers(rollout))
            {
                if (create && Meta.Annotation(known, name) != (string?)value)
                    annotations[name] = value!.DeepClone();
            }
            var patch = new JsonObject();
            if (annotations.Count > 0)
                patch["metadata"] = new JsonObject { ["annotations"] = annotations };
            if ((Meta.Int(known, "spec", "minReadySeconds") ?? 0) != (Meta.Int(deployment, "spec", "minReadySeconds") ?? 0))
                patch["spec"] = new JsonObject { ["minReadySeconds"] = Meta.Int(deployment, "spec", "minReadySeconds") ?? 0 };
            if (patch.Count > 0)
                known = rollout.Replace(await PatchAsync(known, patch).ConfigureAwait(false));
            await SetRevisionAsync(deployment, Rollout.Revision(known)).ConfigureAwait(false);
            conditions.Found(Meta.Name(known));
            return;
        }
        if (!create)
            return;
        await MakeNewAsync(rollout, conditions, revision).ConfigureAwait(false);
    }

    private async Task MakeNewAsync(Rollout rollout, DeploymentConditions conditions, long revision)
    {
        JsonObject deployment = rollout.Deployment;
        int collisions = Meta.Int(deployment, "status", "collisionCount") ?? 0;
        JsonNode template = Json.At(deployment, "spec", "template")!.DeepClone();
        string hash = TemplateHash.Of(template, collisions), name = $"{Meta.Name(deployment)}-{hash}";
        Json.Ensure(template.AsObject(), "metadata", "labels")[Rollout.HashLabel] = hash;
        var annotations = new JsonObject([.. rollout.Copied().Select(annotation => KeyValuePair.Create(annotation.Key, annotation.Value?.DeepClone()))])
        {
            [Rollout.RevisionAnnotation] = revision.ToString(CultureInfo.InvariantCulture),
        };
        foreach ((string number, JsonNode? value) in Numbers(rollout))
            annotations[number] = value!.DeepClone();
        JsonObject selector = Json.At(deployment, "spec", "selector")!.DeepClone().AsObject();
        Json.Ensure(selector, "matchLabels")[Rollout.HashLabel] = hash;
        var set = new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ReplicaSet",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = Json.At(template, "metadata", "labels")!.DeepClone(),
                ["annotations"] = annotations,
                ["ownerReferences"] = new JsonArray(Meta.OwnerReference("apps/v1", "Deployment", deployment)),
            },
            ["spec"] = new JsonObject
            {
                ["replicas"] = rollout.NewReplicas(),
                ["minReadySeconds"] = Meta.Int(deployment, "spec", "minReadySeconds") ?? 0,
                ["selector"] = selector,
                ["template"] = template,
            },
        };
        try
        {
            rollout.New = rollout.Replace(_sets.Observe(await Api.PostAsync(Meta.Collection(ReplicaSetController.Path, Meta.Namespace(deployment)), set, Name, End).ConfigureAwait(false)));
        }
        catch (ClusterApiException e) when (e.Status == HttpStatusCode.Conflict)
        {
            if (await Api.FindAsync(Meta.PathOf(ReplicaSetController.Path, Meta.Namespace(deployment), name), End).ConfigureAwait(false) is { } taken)
            {
                if (Meta.ControllerOf(taken) is { } owner && Json.Text(owner, "uid") == Meta.Uid(deployment)
                    && Rollout.SameTemplate(Json.At(taken, "spec", "template"), Json.At(deployment, "spec", "template")))
                {
                    rollout.New = rollout.Replace(_sets.Observe(taken));
                    return;
                }
                await SetStatusAsync(_deployments, deployment, new JsonObject { ["collisionCount"] = collisions + 1 }).ConfigureAwait(false);
            }
            throw;
        }
        catch (ClusterApiException e) when (e.Reason != "NamespaceTerminating" && !e.Message.Contains("being terminated", StringComparison.Ordinal))
        {
            string message = $"Failed to create new replica set \"{name}\": {e.Message}";
            conditions.Failed(message);
            Events.Warning(deployment, Name, "FailedCreate", message);
            throw;
        }
        conditions.Made(name);
        await SetRevisionAsync(deployment, revision).ConfigureAwait(false);
        if (Rollout.Wanted(rollout.New) > 0)
            Events.Normal(deployment, Name, "ScalingReplicaSet", $"Scaled up replica set {name} to {Rollout.Wanted(rollout.New)}");
    }

    private async Task SetRevisionAsync(JsonObject deployment, long revision)
    {
        if (Rollout.Revision(deployment) != revision)
        {
            _deployments.Observe(await Api.PatchAsync(Meta.PathOf(Path, deployment), new JsonObject
            {
                ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Rollout.RevisionAnnotation] = revision.ToString(CultureInfo.InvariantCulture) } },
            }, Name, End).ConfigureAwait(false));
        }
    }

    // Strategies

    private async Task RollAsync(Rollout rollout, DeploymentConditions conditions)
    {
        await FindNewAsync(rollout, conditions, create: true).ConfigureAwait(false);
        JsonObject fresh = rollout.New!;
        bool scaled = Rollout.Wanted(fresh) != rollout.Replicas
            && await ScaleAsync(rollout, fresh, Rollout.Wanted(fresh) > rollout.Replicas ? rollout.Replicas : rollout.NewReplicas()).ConfigureAwait(false);
        if (!scaled)
            await ScaleOldDownAsync(rollout).ConfigureAwait(false);
        if (IsComplete(rollout))
            await CleanUpAsync(rollout).ConfigureAwait(false);
    }

    /// <summary>Takes away old pods: the unhealthy first, then as many as may be missing (reconcileOldReplicaSets).</summary>
    private async Task ScaleOldDownAsync(Rollout rollout)
    {
        JsonObject[] old = [.. rollout.Old.Where(set => Rollout.Wanted(set) > 0)];
        if (old.Length == 0)
            return;
        int all = rollout.Sets.Sum(Rollout.Wanted), least = rollout.Replicas - rollout.MaxUnavailable;
        int newUnavailable = Rollout.Wanted(rollout.New) - Rollout.Available(rollout.New), most = all - least - newUnavailable;
        if (most <= 0)
            return;
        int taken = 0;
        for (int i = 0; i < old.Length && taken < most; i++)
        {
            int unhealthy = Math.Min(most - taken, Rollout.Wanted(old[i]) - Rollout.Available(old[i]));
            if (unhealthy <= 0)
                continue;
            await ScaleAsync(rollout, old[i], Rollout.Wanted(old[i]) - unhealthy).ConfigureAwait(false);
            taken += unhealthy;
        }
        int spare = rollout.Sets.Sum(Rollout.Available) - least;
        foreach (JsonObject set in rollout.Old.Where(set => Rollout.Wanted(set) > 0).OrderBy(Meta.Created))
        {
            if (spare <= 0)
                return;
            int less = Math.Min(Rollout.Wanted(set), spare);
            await ScaleAsync(rollout, set, Rollout.Wanted(set) - less).ConfigureAwait(false);
            spare -= less;
        }
    }

    private async Task RecreateAsync(Rollout rollout, DeploymentConditions conditions)
    {
        await FindNewAsync(rollout, conditions, create: false).ConfigureAwait(false);
        bool scaled = false;
        foreach (JsonObject old in rollout.Old.Where(set => Rollout.Wanted(set) > 0))
            scaled |= await ScaleAsync(rollout, old, 0).ConfigureAwait(false);
        if (scaled || rollout.Old.Any(set => _pods.By(Informers.ByController, Meta.Uid(set)).Any(pod => !Pods.HasEnded(pod))))
            return;
        if (rollout.New is null)
            await FindNewAsync(rollout, conditions, create: true).ConfigureAwait(false);
        await ScaleAsync(rollout, rollout.New!, rollout.Replicas).ConfigureAwait(false);
        if (IsComplete(rollout))
            await CleanUpAsync(rollout).ConfigureAwait(false);
    }

    private async Task RollBackAsync(Rollout rollout, string to)
    {
        JsonObject deployment = rollout.Deployment;
        long wanted = long.TryParse(to, out long revision) ? revision : 0;
        JsonObject? target = wanted > 0
            ? rollout.Sets.Find(set => Rollout.Revision(set) == wanted)
            : rollout.Sets.OrderByDescending(Rollout.Revision).Skip(1).FirstOrDefault();
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [RollbackAnnotation] = null } } };
        if (target is null)
        {
            Events.Warning(deployment, Name, "DeploymentRollbackRevisionNotFound", wanted > 0 ? "Unable to find the revision to rollback to." : "Unable to find last revision.");
        }
        else if (Rollout.SameTemplate(Json.At(deployment, "spec", "template"), Json.At(target, "spec", "template")))
        {
            Events.Warning(deployment, Name, "DeploymentRollbackTemplateUnchanged",
                $"The rollback revision contains the same template as current deployment \"{Meta.Name(deployment)}\"");
        }
        else
        {
            // A patch cannot take away what the template no longer has, so the object is written as a whole.
            JsonObject changed = await Api.GetAsync(Meta.PathOf(Path, deployment), End).ConfigureAwait(false);
            JsonObject template = Json.At(target, "spec", "template")!.DeepClone().AsObject();
            (Json.At(template, "metadata", "labels") as JsonObject)?.Remove(Rollout.HashLabel);
            changed["spec"]!["template"] = template;
            (changed["metadata"]!["annotations"] as JsonObject)?.Remove(RollbackAnnotation);
            _deployments.Observe(await Api.PutAsync(Meta.PathOf(Path, deployment), changed, Name, End).ConfigureAwait(false));
            Events.Normal(deployment, Name, "DeploymentRollback", $"Rolled back deployment \"{Meta.Name(deployment)}\" to revision {Rollout.Revision(target)}");
            return;
        }
        _deployments.Observe(await Api.PatchAsync(Meta.PathOf(Path, deployment), patch, Name, End).ConfigureAwait(false));
    }

    /// <summary>Deletes old ReplicaSets without pods beyond the history limit.</summary>
    private async Task CleanUpAsync(Rollout rollout)
    {
        int limit = Meta.Int(rollout.Deployment, "spec", "revisionHistoryLimit") ?? 10;
        JsonObject[] old = [.. rollout.Old.Where(set => !Meta.IsDeleting(set)).OrderBy(Rollout.Revision)];
        foreach (JsonObject set in old.Take(Math.Max(0, old.Length - limit)))
        {
            if (Rollout.Actual(set) == 0 && Rollout.Wanted(set) == 0 && Meta.Generation(set) <= (Meta.Long(set, "status", "observedGeneration") ?? 0))
                await Api.DeleteAsync(Meta.PathOf(ReplicaSetController.Path, set), null, Meta.Uid(set), "Background", End).ConfigureAwait(false);
        }
    }

    // Status

    private static bool IsComplete(Rollout rollout) => rollout.New is { } fresh
        && Rollout.Actual(fresh) == rollout.Replicas && Rollout.Available(fresh) == rollout.Replicas && rollout.Sets.Sum(Rollout.Actual) == rollout.Replicas;

    private async Task StatusAsync(Rollout rollout, DeploymentConditions conditions, bool progress)
    {
        int replicas = rollout.Sets.Sum(Rollout.Actual), ready = rollout.Sets.Sum(Rollout.Ready), available = rollout.Sets.Sum(Rollout.Available), updated = Rollout.Actual(rollout.New);
        int unavailable = Math.Max(0, rollout.Sets.Sum(Rollout.Wanted) - available);
        conditions.NoteAvailability(available >= rollout.Replicas - rollout.MaxUnavailable);
        JsonObject? failure = rollout.Sets.Select(set => Meta.Condition(set, "ReplicaFailure")).LastOrDefault(condition => condition is not null);
        conditions.NoteFailure(failure);
        if (progress)
        {
            JsonNode? before = rollout.Deployment["status"];
            bool complete = updated == rollout.Replicas && replicas == rollout.Replicas && available == rollout.Replicas;
            bool progressing = updated > (Meta.Int(before, "updatedReplicas") ?? 0)
                || replicas - updated < (Meta.Int(before, "replicas") ?? 0) - (Meta.Int(before, "updatedReplicas") ?? 0)
                || ready > (Meta.Int(before, "readyReplicas") ?? 0)
                || available > (Meta.Int(before, "availableReplicas") ?? 0);
            string subject = rollout.New is { } fresh ? $"ReplicaSet \"{Meta.Name(fresh)}\"" : $"Deployment \"{Meta.Name(rollout.Deployment)}\"";
            if (conditions.NoteProgress(rollout, replicas == updated, complete, progressing, subject) is { } again)
                Queue.AddAfter(Informer.KeyOf(rollout.Deployment), again, End);
        }
        await SetStatusAsync(_deployments, _deployments.Find(Informer.KeyOf(rollout.Deployment)) ?? rollout.Deployment, new JsonObject
        {
            ["observedGeneration"] = Meta.Generation(rollout.Deployment),
            ["replicas"] = NotZero(replicas),
            ["updatedReplicas"] = NotZero(updated),
            ["readyReplicas"] = NotZero(ready),
            ["availableReplicas"] = NotZero(available),
            ["unavailableReplicas"] = NotZero(unavailable),
            ["conditions"] = conditions.All(),
        }).ConfigureAwait(false);
    }

    private async Task<JsonObject> PatchAsync(JsonObject set, JsonObject patch) =>
        _sets.Observe(await Api.PatchAsync(Meta.PathOf(ReplicaSetController.Path, set), patch, Name, End).ConfigureAwait(false));
}
