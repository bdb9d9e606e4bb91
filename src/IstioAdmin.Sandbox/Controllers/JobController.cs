using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>
/// Runs Jobs to their end: completions, parallelism, backoffLimit and activeDeadlineSeconds (<c>pkg/controller/job</c> of Kubernetes 1.20, without the times
/// between tries).
/// </summary>
internal sealed class JobController : Controller
{
    /// <summary>The collection.</summary>
    public const string Path = "apis/batch/v1/jobs";

    private readonly Informer _jobs;
    private readonly PodOwners _owners;

    public JobController(ControllerContext context)
        : base(context, "job-controller", 2)
    {
        _jobs = Informers.Of(Path);
        _owners = new PodOwners(context, Name, "batch/v1", "Job");
        _jobs.OnChange((before, now) => Queue.Add(Informer.KeyOf(now ?? before!)));
        Pods.Of(Informers).OnChange((before, now) =>
        {
            if (Meta.ControllerOf(now ?? before!) is { } owner && Json.Text(owner, "kind") == "Job")
                Queue.Add($"{Meta.Namespace(now ?? before!)}/{Json.Text(owner, "name")}");
        });
    }

    protected override async Task SyncAsync(string key)
    {
        if (_jobs.Find(key) is not { } job || Meta.IsDeleting(job) || LabelSelector.Of(Json.At(job, "spec", "selector")) is not { IsEmpty: false } selector)
            return;
        if (Meta.Items(job, "status", "conditions").Any(known => Json.Text(known, "type") is "Complete" or "Failed" && Json.Text(known, "status") == "True"))
            return;
        List<JsonObject> pods = await _owners.ClaimAsync(job, selector, End).ConfigureAwait(false);
        List<JsonObject> active = [.. pods.Where(Pods.IsActive)];
        int succeeded = pods.Count(pod => Pods.Phase(pod) == "Succeeded"), failed = pods.Count(pod => Pods.Phase(pod) == "Failed");
        int parallelism = Meta.Int(job, "spec", "parallelism") ?? 1;
        int? completions = Meta.Int(job, "spec", "completions");
        DateTimeOffset started = Meta.Time(Json.Text(job, "status", "startTime")) ?? DateTimeOffset.UtcNow;
        JsonObject? end = null;
        if (failed > (Meta.Int(job, "spec", "backoffLimit") ?? 6))
            end = Condition("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
        else if (Meta.Long(job, "spec", "activeDeadlineSeconds") is { } seconds && started.AddSeconds(seconds) <= DateTimeOffset.UtcNow)
            end = Condition("Failed", "DeadlineExceeded", "Job was active longer than specified deadline");
        else if (Meta.Long(job, "spec", "activeDeadlineSeconds") is { } left)
            Queue.AddAfter(key, started.AddSeconds(left) - DateTimeOffset.UtcNow, End);
        ClusterApiException? failure = null;
        if (end is not null)
        {
            foreach (JsonObject pod in active)
                await _owners.DeleteAsync(job, pod, End).ConfigureAwait(false);
            active.Clear();
            Events.Warning(job, Name, Json.Text(end, "reason")!, Json.Text(end, "message")!);
        }
        else if (completions is { } wanted ? succeeded >= wanted : succeeded > 0 && active.Count == 0)
        {
            end = Condition("Complete", null, null);
            Events.Normal(job, Name, "Completed", "Job completed");
        }
        else
        {
            int most = completions is { } all ? Math.Min(parallelism, all - succeeded) : succeeded > 0 ? active.Count : parallelism;
            (IReadOnlyList<JsonObject> made, failure) = await _owners.CreateAsync(job, most - active.Count, _ =>
            {
                JsonObject pod = Pods.FromTemplate(Json.At(job, "spec", "template")!, Meta.OwnerReference("batch/v1", "Job", job));
                pod["metadata"]!["generateName"] = $"{Meta.Name(job)}-";
                return pod;
            }, End).ConfigureAwait(false);
            active.AddRange(made);
            foreach (JsonObject surplus in Pods.ByWorth(active).Take(active.Count - most).ToArray())
            {
                await _owners.DeleteAsync(job, surplus, End).ConfigureAwait(false);
                active.Remove(surplus);
            }
        }
        var status = new JsonObject
        {
            ["startTime"] = Json.Text(job, "status", "startTime") ?? Json.Now(),
            ["active"] = NotZero(active.Count),
            ["succeeded"] = NotZero(succeeded),
            ["failed"] = NotZero(failed),
        };
        if (end is not null)
        {
            status["conditions"] = new JsonArray(end);
            if (Json.Text(end, "type") == "Complete")
                status["completionTime"] = Json.Now();
        }
        await SetStatusAsync(_jobs, job, status).ConfigureAwait(false);
        if (failure is not null)
            throw failure;
    }

    private static JsonObject Condition(string type, string? reason, string? message)
    {
        var condition = new JsonObject { ["type"] = type, ["status"] = "True", ["lastProbeTime"] = Json.Now(), ["lastTransitionTime"] = Json.Now() };
        if (reason is not null)
            (condition["reason"], condition["message"]) = (reason, message);
        return condition;
    }
}
