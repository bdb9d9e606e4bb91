using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Resources;

/// <summary>Objects between the versions of their types.</summary>
internal static class Conversion
{
    private static readonly Dictionary<(string Group, string Plural), Action<JsonObject, string, string>> Converters = new()
    {
        [("apiextensions.k8s.io", "customresourcedefinitions")] = DefinitionConversion.Convert,
        [("networking.k8s.io", "ingresses")] = IngressConversion.Convert,
        [("extensions", "ingresses")] = IngressConversion.Convert,
        [("events.k8s.io", "events")] = EventConversion.Convert,
        [("autoscaling", "horizontalpodautoscalers")] = AutoscalerConversion.Convert,
    };

    /// <summary>Whether two versions differ in more than their names.</summary>
    public static bool IsNeeded(ResourceType from, ResourceType to) => from.ApiVersion != to.ApiVersion && (Converters.ContainsKey((from.Group, from.Plural)) || Converters.ContainsKey((to.Group, to.Plural)));

    /// <summary>Converts an object; it is used up.</summary>
    public static JsonObject Convert(JsonObject item, ResourceType from, ResourceType to)
    {
        if (IsNeeded(from, to))
            (Converters.GetValueOrDefault((to.Group, to.Plural)) ?? Converters[(from.Group, from.Plural)])(item, from.ApiVersion, to.ApiVersion);
        item["apiVersion"] = to.ApiVersion;
        item["kind"] = to.Kind;
        return item;
    }

    /// <summary>Gives a field another name.</summary>
    internal static void Rename(JsonObject item, string from, string to)
    {
        if (!item.TryGetPropertyValue(from, out JsonNode? value))
            return;
        item.Remove(from);
        item[to] = value;
    }
}

/// <summary>CustomResourceDefinitions: v1 has schema, subresources and columns in each version, v1beta1 at the top as well.</summary>
internal static class DefinitionConversion
{
    private static readonly string[] PerVersion = ["subresources", "additionalPrinterColumns"];

    /// <summary>Converts between v1 (stored) and v1beta1.</summary>
    public static void Convert(JsonObject item, string from, string to)
    {
        if (item["spec"] is not JsonObject spec)
            return;
        if (to.EndsWith("/v1", StringComparison.Ordinal))
            ToV1(spec);
        else
            ToBeta(spec);
    }

    private static void ToV1(JsonObject spec)
    {
        if (spec["versions"] is not JsonArray { Count: > 0 } versions)
        {
            versions = [];
            if (spec.TextAt("version") is { } only)
                versions.Add(new JsonObject { ["name"] = only, ["served"] = true, ["storage"] = true });
            spec["versions"] = versions;
        }
        foreach (JsonObject version in versions.OfType<JsonObject>())
        {
            if (spec["validation"] is JsonObject validation && !version.ContainsKey("schema"))
                version["schema"] = validation.DeepClone();
            foreach (string field in PerVersion)
            {
                if (spec[field] is { } shared && !version.ContainsKey(field))
                    version[field] = shared.DeepClone();
            }
            foreach (JsonObject column in (version["additionalPrinterColumns"] as JsonArray ?? []).OfType<JsonObject>())
                Conversion.Rename(column, "JSONPath", "jsonPath");
        }
        foreach (string gone in (string[])["version", "validation", .. PerVersion])
            spec.Remove(gone);
        if (spec["conversion"] is JsonObject conversion)
        {
            JsonNode? client = conversion["webhookClientConfig"], reviews = conversion["conversionReviewVersions"];
            conversion.Remove("webhookClientConfig");
            conversion.Remove("conversionReviewVersions");
            if (client is not null)
                conversion["webhook"] = new JsonObject { ["clientConfig"] = client, ["conversionReviewVersions"] = reviews };
        }
        // Beta's fields that the schema does not know are kept unless it says otherwise.
        if (spec.FlagAt("preserveUnknownFields") == false)
            spec.Remove("preserveUnknownFields");
    }

    private static void ToBeta(JsonObject spec)
    {
        JsonObject[] versions = [.. (spec["versions"] as JsonArray ?? []).OfType<JsonObject>()];
        spec["version"] = versions.FirstOrDefault()?["name"]?.DeepClone();
        foreach (JsonObject column in versions.SelectMany(version => version["additionalPrinterColumns"] as JsonArray ?? []).OfType<JsonObject>())
            Conversion.Rename(column, "jsonPath", "JSONPath");
        foreach ((string inner, string outer) in new[] { ("schema", "validation"), ("subresources", "subresources"), ("additionalPrinterColumns", "additionalPrinterColumns") })
        {
            if (versions.Length == 0 || !versions.All(version => JsonNode.DeepEquals(version[inner], versions[0][inner])))
                continue;
            if (versions[0][inner] is { } shared)
                spec[outer] = shared.DeepClone();
            foreach (JsonObject version in versions)
                version.Remove(inner);
        }
        if (spec["conversion"] is JsonObject conversion && conversion["webhook"] is JsonObject webhook)
        {
            conversion.Remove("webhook");
            conversion["webhookClientConfig"] = webhook["clientConfig"]?.DeepClone();
            conversion["conversionReviewVersions"] = webhook["conversionReviewVersions"]?.DeepClone();
        }
        spec["preserveUnknownFields"] ??= false;
    }
}

/// <summary>Ingresses: v1 has a backend's service in a map of its own.</summary>
internal static class IngressConversion
{
    /// <summary>Converts between v1 (stored) and the two v1beta1.</summary>
    public static void Convert(JsonObject item, string from, string to)
    {
        bool toV1 = to == "networking.k8s.io/v1";
        if (toV1 == (from == "networking.k8s.io/v1") || item["spec"] is not JsonObject spec)
            return;
        Conversion.Rename(spec, toV1 ? "backend" : "defaultBackend", toV1 ? "defaultBackend" : "backend");
        if (spec[toV1 ? "defaultBackend" : "backend"] is JsonObject backend)
            Backend(backend, toV1);
        foreach (JsonNode? path in (spec["rules"] as JsonArray ?? []).SelectMany(rule => rule.At("http.paths") as JsonArray ?? []))
        {
            if (path?["backend"] is JsonObject inner)
                Backend(inner, toV1);
        }
    }

    private static void Backend(JsonObject backend, bool toV1)
    {
        if (toV1)
        {
            JsonNode? name = backend["serviceName"]?.DeepClone(), port = backend["servicePort"]?.DeepClone();
            backend.Remove("serviceName");
            backend.Remove("servicePort");
            if (name is not null)
                backend["service"] = new JsonObject { ["name"] = name, ["port"] = new JsonObject { [port?.GetValueKind() == System.Text.Json.JsonValueKind.String ? "name" : "number"] = port } };
        }
        else if (backend["service"] is JsonObject service)
        {
            backend.Remove("service");
            backend["serviceName"] = service["name"]?.DeepClone();
            backend["servicePort"] = (service.At("port.name") ?? service.At("port.number"))?.DeepClone() ?? 0;
        }
    }
}

/// <summary>Events: the group events.k8s.io has other names for the fields of the core's (stored).</summary>
internal static class EventConversion
{
    private static readonly (string Core, string Group)[] Names =
    [
        ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
    ];

    /// <summary>Converts between the core's v1 (stored) and the versions of events.k8s.io.</summary>
    public static void Convert(JsonObject item, string from, string to)
    {
        bool toCore = to == "v1";
        if (toCore == (from == "v1"))
            return;
        foreach ((string core, string group) in Names)
            Conversion.Rename(item, toCore ? group : core, toCore ? core : group);
    }
}

/// <summary>Horizontal pod autoscalers: what v1 has no field for is in annotations; v2beta1 names metrics' targets otherwise than v2beta2 (stored).</summary>
internal static class AutoscalerConversion
{
    private const string MetricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics";

    /// <summary>Converts between v2beta2 (stored), v2beta1 and v1.</summary>
    public static void Convert(JsonObject item, string from, string to)
    {
        if (from.EndsWith("/v2beta2", StringComparison.Ordinal))
            FromStored(item, to.EndsWith("/v1", StringComparison.Ordinal));
        else
            ToStored(item, from.EndsWith("/v1", StringComparison.Ordinal));
    }

    private static void FromStored(JsonObject item, bool toV1)
    {
        if (item["spec"] is not JsonObject spec)
            return;
        JsonArray metrics = spec["metrics"] as JsonArray ?? [];
        foreach (JsonObject resource in metrics.Select(metric => metric?["resource"]).OfType<JsonObject>())
            Flatten(resource, "target", "averageUtilization", "targetAverageUtilization", "averageValue", "targetAverageValue");
        foreach (JsonObject resource in (item.At("status.currentMetrics") as JsonArray ?? []).Select(metric => metric?["resource"]).OfType<JsonObject>())
            Flatten(resource, "current", "averageUtilization", "currentAverageUtilization", "averageValue", "currentAverageValue");
        if (!toV1)
            return;
        JsonNode? cpu = metrics.FirstOrDefault(metric => metric.TextAt("resource.name") == "cpu" && metric.At("resource.targetAverageUtilization") is not null);
        if (cpu is not null)
            spec["targetCPUUtilizationPercentage"] = cpu.At("resource.targetAverageUtilization")!.DeepClone();
        JsonNode[] rest = [.. metrics.Where(metric => metric != cpu).OfType<JsonNode>()];
        if (rest.Length > 0)
        {
            item["metadata"]!["annotations"] ??= new JsonObject();
            item["metadata"]!["annotations"]![MetricsAnnotation] = new JsonArray([.. rest.Select(metric => metric.DeepClone())]).ToJsonString();
        }
        spec.Remove("metrics");
        spec.Remove("behavior");
        if (item["status"] is JsonObject status)
        {
            JsonNode? current = (status["currentMetrics"] as JsonArray ?? []).FirstOrDefault(metric => metric.TextAt("resource.name") == "cpu")?.At("resource.currentAverageUtilization");
            if (current is not null)
                status["currentCPUUtilizationPercentage"] = current.DeepClone();
            status.Remove("currentMetrics");
            status.Remove("conditions");
        }
    }

    private static void ToStored(JsonObject item, bool fromV1)
    {
        if (item["spec"] is not JsonObject spec)
            return;
        if (fromV1)
        {
            var metrics = new JsonArray();
            if (item.At("metadata.annotations") is JsonObject annotations && annotations[MetricsAnnotation].Text() is { } rest)
            {
                annotations.Remove(MetricsAnnotation);
                if (JsonNode.Parse(rest) is JsonArray kept)
                    metrics = (JsonArray)kept.DeepClone();
            }
            if (spec["targetCPUUtilizationPercentage"] is { } cpu)
            {
                metrics.Insert(0, new JsonObject
                {
                    ["type"] = "Resource",
                    ["resource"] = new JsonObject { ["name"] = "cpu", ["targetAverageUtilization"] = cpu.DeepClone() },
                });
            }
            spec.Remove("targetCPUUtilizationPercentage");
            if (metrics.Count > 0)
                spec["metrics"] = metrics;
            if (item["status"] is JsonObject status)
            {
                if (status["currentCPUUtilizationPercentage"] is { } current)
                {
                    status["currentMetrics"] = new JsonArray(new JsonObject
                    {
                        ["type"] = "Resource",
                        ["resource"] = new JsonObject { ["name"] = "cpu", ["currentAverageUtilization"] = current.DeepClone() },
                    });
                }
                status.Remove("currentCPUUtilizationPercentage");
                // Always written in the later versions.
                status.TryAdd("currentMetrics", null);
                status.TryAdd("conditions", null);
            }
        }
        foreach (JsonObject resource in (spec["metrics"] as JsonArray ?? []).Select(metric => metric?["resource"]).OfType<JsonObject>())
            Nest(resource, "target", "targetAverageUtilization", "targetAverageValue", withType: true);
        foreach (JsonObject resource in (item.At("status.currentMetrics") as JsonArray ?? []).Select(metric => metric?["resource"]).OfType<JsonObject>())
            Nest(resource, "current", "currentAverageUtilization", "currentAverageValue", withType: false);
    }

    private static void Flatten(JsonObject resource, string group, string utilization, string flatUtilization, string value, string flatValue)
    {
        if (resource[group] is not JsonObject nested)
            return;
        resource.Remove(group);
        if (nested[utilization] is { } percent)
            resource[flatUtilization] = percent.DeepClone();
        if (nested[value] is { } amount)
            resource[flatValue] = amount.DeepClone();
    }

    private static void Nest(JsonObject resource, string group, string flatUtilization, string flatValue, bool withType)
    {
        if (resource.ContainsKey(group))
            return;
        var nested = new JsonObject();
        JsonNode? percent = resource[flatUtilization], amount = resource[flatValue];
        resource.Remove(flatUtilization);
        resource.Remove(flatValue);
        if (withType)
            nested["type"] = percent is not null ? "Utilization" : "AverageValue";
        if (percent is not null)
            nested["averageUtilization"] = percent;
        if (amount is not null)
            nested["averageValue"] = amount;
        resource[group] = nested;
    }
}
