using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>What the API server itself sets, keeps and counts when objects of a type are created and changed (<c>kubernetes/pkg/registry/*/strategy.go</c>).</summary>
internal static class Strategies
{
    // What makes the generation count, by type: the fields at the root that are watched.
    private static readonly Dictionary<TypeKey, string[]> Generations = new()
    {
        [new("apps", "deployments")] = ["spec"],
        [new("apps", "replicasets")] = ["spec"],
        [new("apps", "daemonsets")] = ["spec"],
        [new("apps", "statefulsets")] = ["spec"],
        [new("", "replicationcontrollers")] = ["spec"],
        [new("networking.k8s.io", "ingresses")] = ["spec"],
        [new("networking.k8s.io", "ingressclasses")] = ["spec"],
        [new("networking.k8s.io", "networkpolicies")] = ["spec"],
        [new("policy", "poddisruptionbudgets")] = ["spec"],
        [new("discovery.k8s.io", "endpointslices")] = ["addressType", "endpoints", "ports"],
        [new("scheduling.k8s.io", "priorityclasses")] = [],
        [new("flowcontrol.apiserver.k8s.io", "flowschemas")] = ["spec"],
        [new("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations")] = ["spec"],
        [new("admissionregistration.k8s.io", "mutatingwebhookconfigurations")] = ["webhooks"],
        [new("admissionregistration.k8s.io", "validatingwebhookconfigurations")] = ["webhooks"],
        [ResourceTypes.Definitions] = ["spec"],
    };

    /// <summary>The annotation in which a daemon set counts the changes of its template.</summary>
    public const string TemplateGeneration = "deprecated.daemonset.template.generation";

    private static readonly HashSet<TypeKey> NoUnconditionalUpdate =
    [
        new("policy", "poddisruptionbudgets"), new("coordination.k8s.io", "leases"), new("node.k8s.io", "runtimeclasses"), ResourceTypes.Definitions,
        new("admissionregistration.k8s.io", "mutatingwebhookconfigurations"), new("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
        new("apiregistration.k8s.io", "apiservices"), new("storage.k8s.io", "csidrivers"), new("storage.k8s.io", "csinodes"), new("storage.k8s.io", "volumeattachments"),
    ];

    /// <summary>Whether an update must name the version that it changes.</summary>
    public static bool NeedsVersion(ResourceType type) => type.IsCustom || NoUnconditionalUpdate.Contains(ResourceTypes.KeyOf(type));

    /// <summary>Prepares an object that is to be created.</summary>
    public static void PrepareForCreate(ResourceRequest request, CustomVersion? custom, JsonObject item)
    {
        TypeKey key = request.Key;
        var metadata = (JsonObject)item["metadata"]!;
        metadata.Remove("generation");
        if (custom is not null)
        {
            metadata["generation"] = 1;
            if (request.Type.Subresources.Contains("status"))
                item.Remove("status");
            return;
        }
        if (Generations.ContainsKey(key))
            metadata["generation"] = 1;
        if (request.Type.Subresources.Contains("status") && SchemaTable.BuiltIn.OfKind(request.Type.Group, request.Type.Version, request.Type.Kind) is { } schema && schema.Fields.TryGetValue("status", out SchemaField? status)
            && key is not { Group: "", Plural: "nodes" })
        {
            item["status"] = status.Pointer ? null : status.Schema.Zero();
        }
        switch (key)
        {
            case { Group: "", Plural: "pods" }:
                item["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = PodQuality.ClassOf(item) };
                break;
            case { Group: "", Plural: "namespaces" }:
                item["status"] = new JsonObject { ["phase"] = "Active" };
                List<string> finalizers = [.. item.TextsAt("spec.finalizers")];
                if (!finalizers.Contains("kubernetes"))
                    finalizers.Add("kubernetes");
                item.Put("spec.finalizers", new JsonArray([.. finalizers.Select(finalizer => (JsonNode)finalizer)]));
                break;
            case { Group: "", Plural: "persistentvolumes" } or { Group: "", Plural: "persistentvolumeclaims" }:
                item["status"] = new JsonObject { ["phase"] = "Pending" };
                break;
            case { Group: "", Plural: "secrets" }:
                break;
            case { Group: "apps", Plural: "daemonsets" }:
                metadata["annotations"]![TemplateGeneration] = "1";
                break;
            case { Group: "batch", Plural: "jobs" }:
                LabelJob(item);
                if (metadata["labels"] is not JsonObject { Count: > 0 } && item.At("spec.template.metadata.labels") is { } labels)
                    metadata["labels"] = labels.DeepClone();
                break;
            case { Group: "apiextensions.k8s.io" }:
                CustomDefinitions.PrepareForCreate(item);
                break;
        }
    }

    /// <summary>Prepares an object that is to be changed: what the request may not change stays.</summary>
    public static void PrepareForUpdate(ResourceRequest request, CustomVersion? custom, JsonObject live, JsonObject item)
    {
        bool isStatus = request.Subresource == "status", hasStatus = request.Type.Subresources.Contains("status");
        var before = (JsonObject)live["metadata"]!;
        var metadata = (JsonObject)item["metadata"]!;
        if (isStatus)
            KeepAllButStatus(request, custom, live, item, before, ref metadata);
        else if (hasStatus)
            Keep(live, item, "status");
        foreach (string field in (string[])["uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generateName", "resourceVersion"])
        {
            // The rest is refused by validation when it differs.
            if (field is not "deletionTimestamp" and not "deletionGracePeriodSeconds" || !metadata.ContainsKey(field))
                Keep(before, metadata, field);
        }
        if (request.Key == new TypeKey("", "namespaces") && request.Subresource != "finalize")
            Keep(live["spec"] as JsonObject ?? [], item["spec"] as JsonObject ?? (JsonObject)(item["spec"] = new JsonObject())!, "finalizers");
        if (request.Key == new TypeKey("apps", "daemonsets") && metadata["annotations"] is JsonObject annotations)
        {
            long count = long.TryParse(live.At("metadata", "annotations", TemplateGeneration).Text(), out long known) ? known : 1;
            annotations[TemplateGeneration] = (count + (JsonNode.DeepEquals(live.At("spec.template"), item.At("spec.template")) ? 0 : 1)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        if (custom is not null)
        {
            if (!isStatus && !JsonNode.DeepEquals(Content(live, hasStatus), Content(item, hasStatus)))
                metadata["generation"] = (before["generation"].Whole() ?? 0) + 1;
            return;
        }
        if (!isStatus && Generations.TryGetValue(request.Key, out string[]? fields) && (fields.Any(field => !JsonNode.DeepEquals(live[field], item[field]))
            // A deployment's annotations go down to its replica sets.
            || (request.Key == new TypeKey("apps", "deployments") && !JsonNode.DeepEquals(before["annotations"], metadata["annotations"]))))
            metadata["generation"] = (before["generation"].Whole() ?? 0) + 1;
    }

    /// <summary>Whether an object that is being deleted goes with this change, because nothing holds it any more.</summary>
    public static bool IsDeletedByUpdate(TypeKey key, JsonObject item) => item.At("metadata.deletionTimestamp") is not null
        && item.TextsAt("metadata.finalizers").Count == 0
        && (key != new TypeKey("", "namespaces") || item.TextsAt("spec.finalizers").Count == 0)
        && (item.At("metadata.deletionGracePeriodSeconds") is not JsonValue grace || grace.ToString() == "0");

    private static void KeepAllButStatus(ResourceRequest request, CustomVersion? custom, JsonObject live, JsonObject item, JsonObject before, ref JsonObject metadata)
    {
        foreach (string field in live.Select(field => field.Key).Union(item.Select(field => field.Key)).Where(field => field is not ("status" or "metadata" or "apiVersion" or "kind")).ToArray())
            Keep(live, item, field);
        if (custom is not null)
        {
            JsonNode? managed = metadata["managedFields"]?.DeepClone(), version = metadata["resourceVersion"]?.DeepClone();
            item["metadata"] = metadata = (JsonObject)before.DeepClone();
            metadata["managedFields"] = managed;
            metadata["resourceVersion"] = version;
            if (managed is null)
                metadata.Remove("managedFields");
            return;
        }
        if (request.Type.Group == "apps" || request.Key == new TypeKey("", "pods"))
            Keep(before, metadata, request.Type.Group == "apps" ? "labels" : "ownerReferences");
    }

    private static JsonObject Content(JsonObject item, bool withoutStatus)
    {
        var content = (JsonObject)item.DeepClone();
        content.Remove("metadata");
        if (withoutStatus)
            content.Remove("status");
        return content;
    }

    private static void Keep(JsonObject from, JsonObject to, string field)
    {
        if (from.TryGetPropertyValue(field, out JsonNode? value))
            to[field] = value?.DeepClone();
        else
            to.Remove(field);
    }

    private static void LabelJob(JsonObject job)
    {
        if (job.FlagAt("spec.manualSelector") == true || job["spec"] is not JsonObject spec)
            return;
        string uid = job.TextAt("metadata.uid")!;
        var labels = (JsonObject)(spec.At("template.metadata.labels")?.DeepClone() ?? new JsonObject());
        labels["controller-uid"] = uid;
        labels["job-name"] = job.TextAt("metadata.name");
        spec.Put("template.metadata.labels", labels);
        JsonObject selector = spec["selector"] as JsonObject ?? [];
        selector["matchLabels"] ??= new JsonObject();
        selector["matchLabels"]!["controller-uid"] = uid;
        spec["selector"] = selector.Parent is null ? selector : selector.DeepClone();
    }
}
