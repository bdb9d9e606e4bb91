using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>The conditions of a Deployment while a round changes them (<c>deployment/progress.go</c>, <c>deployment/sync.go</c>).</summary>
internal sealed class DeploymentConditions
{
    private const string Progressing = "Progressing";
    private readonly List<JsonObject> _conditions;
    private readonly JsonObject _deployment;

    public DeploymentConditions(JsonObject deployment)
    {
        _deployment = deployment;
        _conditions = [.. Meta.Items(deployment, "status", "conditions").Select(condition => condition.DeepClone().AsObject())];
    }

    /// <summary>What goes into the status; null for none.</summary>
    public JsonArray? All() => _conditions.Count == 0 ? null : new JsonArray([.. _conditions.Select(condition => condition.DeepClone())]);

    public void NotePause(bool paused)
    {
        JsonObject? known = Find(Progressing);
        if (Deadline is null || (known is not null && Reason(known) == "ProgressDeadlineExceeded"))
            return;
        bool said = known is not null && Reason(known) == "DeploymentPaused";
        if (paused && !said)
            Set(Progressing, "Unknown", "DeploymentPaused", "Deployment is paused");
        else if (!paused && said)
            Set(Progressing, "Unknown", "DeploymentResumed", "Deployment is resumed");
    }

    public void Found(string set)
    {
        if (Deadline is not null && Find(Progressing) is null)
            Set(Progressing, "True", "FoundNewReplicaSet", $"Found new replica set \"{set}\"");
    }

    public void Made(string set)
    {
        if (Deadline is not null)
            Set(Progressing, "True", "NewReplicaSetCreated", $"Created new replica set \"{set}\"");
    }

    public void Failed(string message)
    {
        if (Deadline is not null)
            Set(Progressing, "False", "ReplicaSetCreateError", message);
    }

    public void NoteAvailability(bool enough)
    {
        if (enough)
            Set("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.");
        else
            Set("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.");
    }

    public void NoteFailure(JsonObject? failure)
    {
        if (failure is not null)
            Set("ReplicaFailure", Json.Text(failure, "status")!, Reason(failure), Json.Text(failure, "message") ?? "");
        else
            _conditions.RemoveAll(condition => Json.Text(condition, "type") == "ReplicaFailure");
    }

    /// <summary>Notes how the rollout goes on.</summary>
    /// <param name="rollout">The rollout.</param>
    /// <param name="settled">Whether all pods are new ones.</param>
    /// <param name="complete">Whether they are as many as wanted, and available.</param>
    /// <param name="progressing">Whether it has come further since the last round.</param>
    /// <param name="subject">What it is about, in the words of the message.</param>
    /// <returns>When to look again, for the deadline; null for when something changes.</returns>
    public TimeSpan? NoteProgress(Rollout rollout, bool settled, bool complete, bool progressing, string subject)
    {
        if (Deadline is not { } deadline)
        {
            _conditions.RemoveAll(condition => Json.Text(condition, "type") == Progressing);
            return null;
        }
        JsonObject? known = Find(Progressing);
        // A rollout that is over stays over when its pods come and go.
        if (rollout.IsPaused || (settled && known is not null && Reason(known) == "NewReplicaSetAvailable"))
            return null;
        if (complete)
        {
            Set(Progressing, "True", "NewReplicaSetAvailable", $"{subject} has successfully progressed.");
            return null;
        }
        if (progressing)
        {
            // Later updates are to be seen as well: the time of the last one is what the deadline counts from.
            JsonObject? before = Find(Progressing);
            bool same = Json.Text(before, "status") == "True";
            JsonNode? since = before?["lastTransitionTime"]?.DeepClone();
            _conditions.RemoveAll(condition => Json.Text(condition, "type") == Progressing);
            Set(Progressing, "True", "ReplicaSetUpdated", $"{subject} is progressing.");
            if (same && since is not null)
                Find(Progressing)!["lastTransitionTime"] = since;
        }
        else if (TimeLeft(deadline) <= TimeSpan.Zero)
        {
            Set(Progressing, "False", "ProgressDeadlineExceeded", $"{subject} has timed out progressing.");
            return null;
        }
        return Find(Progressing) is { } now && Reason(now) != "ProgressDeadlineExceeded" ? TimeLeft(deadline) + TimeSpan.FromSeconds(1) : null;
    }

    /// <summary>How long a rollout may stand still; null for ever (2147483647 seconds, as the API says it).</summary>
    private TimeSpan? Deadline => Meta.Int(_deployment, "spec", "progressDeadlineSeconds") is { } seconds and not int.MaxValue ? TimeSpan.FromSeconds(seconds) : null;

    private TimeSpan TimeLeft(TimeSpan deadline)
    {
        if (Find(Progressing) is not { } condition || Reason(condition) == "NewReplicaSetAvailable")
            return deadline;
        return (Meta.Time(Json.Text(condition, "lastUpdateTime")) ?? DateTimeOffset.UtcNow) + deadline - DateTimeOffset.UtcNow;
    }

    private JsonObject? Find(string type) => _conditions.Find(condition => Json.Text(condition, "type") == type);

    private static string Reason(JsonObject condition) => Json.Text(condition, "reason") ?? "";

    /// <summary>Sets a condition; one that says the same stays as it is, and the time of the transition stays with the status.</summary>
    private void Set(string type, string status, string reason, string message)
    {
        JsonObject? known = Find(type);
        if (known is not null && Json.Text(known, "status") == status && Reason(known) == reason)
            return;
        string now = Json.Now();
        JsonNode since = known is not null && Json.Text(known, "status") == status ? known["lastTransitionTime"]?.DeepClone() ?? now : now;
        _conditions.Remove(known!);
        _conditions.Add(new JsonObject
        {
            ["type"] = type,
            ["status"] = status,
            ["lastUpdateTime"] = now,
            ["lastTransitionTime"] = since,
            ["reason"] = reason,
            ["message"] = message,
        });
    }
}
