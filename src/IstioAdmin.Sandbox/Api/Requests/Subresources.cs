using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>Answers requests about subresources: status, scale, binding, eviction, finalize, token.</summary>
internal sealed class Subresources(ApiMachinery machinery, ObjectWrites writes, ObjectDeletes deletes)
{
    private static readonly TypeKey Pods = new("", "pods");
    private static readonly TypeKey Budgets = new("policy", "poddisruptionbudgets");

    /// <summary>Answers a request.</summary>
    public Task WriteAsync(RequestContext context) => context.Request.Subresource switch
    {
        "status" or "finalize" or "approval" => WholeAsync(context),
        "scale" => new ScaleSubresource(machinery, writes).WriteAsync(context),
        "binding" => BindAsync(context),
        "eviction" => EvictAsync(context),
        _ => throw ApiErrors.NoSuchPath(),
    };

    private async Task WholeAsync(RequestContext context)
    {
        ResourceRequest request = context.Request;
        switch (request.Verb)
        {
            case "get":
                StoredObject stored = machinery.Store.Get(request.Key, request.Namespace, request.Name!) ?? throw ApiErrors.NotFound(request.Served, request.Name!);
                await context.WriteAsync(200, new Written(stored)).ConfigureAwait(false);
                break;
            case "update":
                JsonObject body = await RequestBody.ReadObjectAsync(context.Exchange).ConfigureAwait(false) ?? [];
                await context.WriteAsync(200, await writes.UpdateAsync(context, body).ConfigureAwait(false)).ConfigureAwait(false);
                break;
            default:
                (Written written, bool _) = await writes.PatchAsync(context, await PatchDocument.ReadAsync(context).ConfigureAwait(false)).ConfigureAwait(false);
                await context.WriteAsync(200, written).ConfigureAwait(false);
                break;
        }
    }

    private async Task BindAsync(RequestContext context)
    {
        ResourceRequest request = context.Request;
        JsonObject binding = await RequestBody.ReadObjectAsync(context.Exchange).ConfigureAwait(false) ?? [];
        if (binding.TextAt("target.name") is not { } node)
            throw ApiErrors.Invalid("", "Binding", "", [FieldError.Required("target.name")]);
        if (binding.TextAt("target.kind") is { } kind and not ("Node" or "Minion"))
            throw ApiErrors.Invalid("", "Binding", "", [FieldError.NotSupported("target.kind", kind, "Node", "<empty>")]);
        var bindings = new TypeKey("", "pods/binding");
        StoredObject? bound = writes.Change(Pods, request.Namespace, request.Name!, context.IsDryRun, pod =>
        {
            if (pod.At("metadata.deletionTimestamp") is not null)
                throw ApiErrors.Conflict(bindings, request.Name!, $"pod {request.Name} is being deleted, cannot be assigned to a host");
            if (pod.TextAt("spec.nodeName") is { } already)
                throw ApiErrors.Conflict(bindings, request.Name!, $"pod {request.Name} is already assigned to node \"{already}\"");
            pod.Put("spec.nodeName", node);
            if (binding.At("metadata.annotations") is JsonObject { Count: > 0 } annotations)
            {
                JsonObject own = pod.At("metadata.annotations") as JsonObject ?? [];
                foreach ((string name, JsonNode? value) in annotations)
                    own[name] = value?.DeepClone();
                if (own.Parent is null)
                    pod.Put("metadata.annotations", own);
            }
            SetScheduled(pod, ObjectWrites.Stamp(context.Now));
            return true;
        });
        if (bound is null)
            throw ApiErrors.NotFound(request.Served, request.Name!);
        await context.Exchange.WriteJsonAsync(201, StatusObject.Success(code: 201)).ConfigureAwait(false);
    }

    private static void SetScheduled(JsonObject pod, string now)
    {
        if (pod.At("status.conditions") is not JsonArray conditions)
        {
            conditions = [];
            pod.Put("status.conditions", conditions);
        }
        JsonObject? found = conditions.OfType<JsonObject>().FirstOrDefault(condition => condition.TextAt("type") == "PodScheduled");
        if (found is not null)
            conditions.Remove(found);
        conditions.Add(new JsonObject { ["type"] = "PodScheduled", ["status"] = "True", ["lastProbeTime"] = null, ["lastTransitionTime"] = now });
    }

    private async Task EvictAsync(RequestContext context)
    {
        ResourceRequest request = context.Request;
        JsonObject eviction = await RequestBody.ReadObjectAsync(context.Exchange).ConfigureAwait(false) ?? [];
        if (eviction.TextAt("metadata.name") is { } name && name != request.Name)
            throw ApiErrors.BadRequest("name in URL does not match name in Eviction object");
        StoredObject stored = machinery.Store.Get(Pods, request.Namespace, request.Name!) ?? throw ApiErrors.NotFound(request.Served, request.Name!);
        DeleteOptions options = DeleteOptions.Read(eviction["deleteOptions"] as JsonObject, null);
        context.IsDryRun |= options.IsDryRun;
        JsonObject pod = stored.Parse();
        // What has ended, or never begun, disturbs nobody.
        if (pod.TextAt("status.phase") is not ("Succeeded" or "Failed" or "Pending") && pod.At("metadata.deletionTimestamp") is null)
            Disrupt(context, stored, pod);
        await deletes.DeleteAsync(context, options).ConfigureAwait(false);
        await context.Exchange.WriteJsonAsync(201, StatusObject.Success(code: 201)).ConfigureAwait(false);
    }

    private void Disrupt(RequestContext context, StoredObject pod, JsonObject item)
    {
        StoredObject[] budgets = [.. machinery.Store.Snapshot(Budgets, pod.Namespace).Objects.Where(budget => LabelSelector.Of(budget.Parse().At("spec.selector")) is { IsEmpty: false } selector && selector.Matches(pod.Labels))];
        if (budgets.Length > 1)
            throw new ApiException(500, "", "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
        if (budgets is not [var only])
            return;
        bool isReady = (item.At("status.conditions") as JsonArray ?? []).Any(condition => condition.TextAt("type") == "Ready" && condition.TextAt("status") == "True");
        writes.Change(Budgets, only.Namespace, only.Name, context.IsDryRun, budget =>
        {
            // What is not ready is not missed, as long as there are enough others.
            if (!isReady && Number(budget, "status.desiredHealthy") > 0 && Number(budget, "status.currentHealthy") >= Number(budget, "status.desiredHealthy"))
                return false;
            long observed = Number(budget, "status.observedGeneration"), allowed = Number(budget, "status.disruptionsAllowed");
            if (observed < Number(budget, "metadata.generation"))
                throw Refused($"The disruption budget {only.Name} is still being processed by the server.");
            if (allowed < 0)
                throw ApiErrors.Forbidden(new TypeKey("policy", "poddisruptionbudget"), only.Name, "pdb disruptions allowed is negative");
            if (allowed == 0)
                throw Refused($"The disruption budget {only.Name} needs {Number(budget, "status.desiredHealthy")} healthy pods and has {Number(budget, "status.currentHealthy")} currently");
            budget.Put("status.disruptionsAllowed", allowed - 1);
            if (budget.At("status.disruptedPods") is not JsonObject disrupted)
            {
                disrupted = [];
                budget.Put("status.disruptedPods", disrupted);
            }
            disrupted[pod.Name] = ObjectWrites.Stamp(context.Now);
            return true;
        });

        static ApiException Refused(string why) => new(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", new JsonObject
        {
            ["causes"] = new JsonArray(new JsonObject { ["reason"] = "DisruptionBudget", ["message"] = why }),
        });

        static long Number(JsonObject item, string path) => item.At(path).Whole() is { } number ? number : 0;
    }
}
