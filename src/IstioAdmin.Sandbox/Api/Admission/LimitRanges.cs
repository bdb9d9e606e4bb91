using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Requests;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Admission;

/// <summary>What limit ranges give the containers of new pods, and forbid them (plugin LimitRanger). Ranges of type Container; those of other types are not looked at.</summary>
internal static class LimitRanges
{
    private const string Annotation = "kubernetes.io/limit-ranger";
    private static readonly TypeKey Ranges = new("", "limitranges");

    /// <summary>Sets the requests and limits that a new pod's containers leave out.</summary>
    public static void SetDefaults(ObjectStore store, JsonObject pod)
    {
        List<string> notes = [];
        foreach ((JsonObject _, JsonObject limit) in Of(store, pod))
        {
            foreach ((string list, string kind) in new[] { ("containers", "container"), ("initContainers", "init container") })
            {
                foreach (JsonObject container in (pod.At("spec", list) as JsonArray ?? []).OfType<JsonObject>())
                {
                    string[] requests = Fill(container, "requests", limit["defaultRequest"] as JsonObject), limits = Fill(container, "limits", limit["default"] as JsonObject);
                    if (requests.Length > 0)
                        notes.Add($"{string.Join(", ", requests)} request for {kind} {container.TextAt("name")}");
                    if (limits.Length > 0)
                        notes.Add($"{string.Join(", ", limits)} limit for {kind} {container.TextAt("name")}");
                }
            }
        }
        if (notes.Count == 0)
            return;
        if (pod.At("metadata.annotations") is not JsonObject annotations)
            pod["metadata"]!["annotations"] = annotations = [];
        annotations[Annotation] = $"LimitRanger plugin set: {string.Join("; ", notes)}";
    }

    /// <summary>Refuses a new pod whose containers are beyond a range.</summary>
    /// <exception cref="ApiException">They are (403).</exception>
    public static void Check(ObjectStore store, RequestContext context, JsonObject pod)
    {
        List<string> problems = [];
        foreach ((JsonObject _, JsonObject limit) in Of(store, pod))
        {
            foreach (JsonObject container in (pod.At("spec.containers") as JsonArray ?? []).Concat(pod.At("spec.initContainers") as JsonArray ?? []).OfType<JsonObject>())
            {
                foreach ((string resource, JsonNode? bound) in limit["min"] as JsonObject ?? [])
                    Least(resource, bound, Amount(container, "requests", resource), Amount(container, "limits", resource), problems);
                foreach ((string resource, JsonNode? bound) in limit["max"] as JsonObject ?? [])
                    Most(resource, bound, Amount(container, "requests", resource), Amount(container, "limits", resource), problems);
            }
        }
        if (problems.Count > 0)
            throw ApiErrors.Forbidden(context.Request.Served, pod.TextAt("metadata.name"), problems.Count == 1 ? problems[0] : $"[{string.Join(", ", problems.Distinct())}]");
    }

    private static IEnumerable<(JsonObject Range, JsonObject Limit)> Of(ObjectStore store, JsonObject pod)
    {
        if (store.Count(Ranges) == 0)
            return [];
        return store.Snapshot(Ranges, pod.TextAt("metadata.namespace")).Objects.Select(stored => stored.Parse())
            .SelectMany(range => (range.At("spec.limits") as JsonArray ?? []).OfType<JsonObject>().Where(limit => limit.TextAt("type") == "Container").Select(limit => (range, limit)));
    }

    private static string[] Fill(JsonObject container, string kind, JsonObject? defaults)
    {
        List<string> set = [];
        foreach ((string resource, JsonNode? amount) in (defaults ?? []).OrderBy(one => one.Key, StringComparer.Ordinal))
        {
            if (container.At("resources", kind, resource) is not null)
                continue;
            if (container["resources"] is not JsonObject resources)
                container["resources"] = resources = [];
            if (resources[kind] is not JsonObject amounts)
                resources[kind] = amounts = [];
            amounts[resource] = amount?.DeepClone();
            set.Add(resource);
        }
        return [.. set];
    }

    private static Quantity? Amount(JsonObject container, string kind, string resource) =>
        container.At("resources", kind, resource).Text() is { } text && Quantity.TryParse(text, out Quantity amount) ? amount : null;

    private static void Least(string resource, JsonNode? bound, Quantity? request, Quantity? limit, List<string> problems)
    {
        if (!Quantity.TryParse(bound?.ToString() ?? "", out Quantity least))
            return;
        if (request is null)
            problems.Add($"minimum {resource} usage per Container is {least}.  No request is specified");
        else if (request.Value.Nanos < least.Nanos)
            problems.Add($"minimum {resource} usage per Container is {least}, but request is {request}");
        else if (limit is { } most && most.Nanos < least.Nanos)
            problems.Add($"minimum {resource} usage per Container is {least}, but limit is {limit}");
    }

    private static void Most(string resource, JsonNode? bound, Quantity? request, Quantity? limit, List<string> problems)
    {
        if (!Quantity.TryParse(bound?.ToString() ?? "", out Quantity most))
            return;
        if (limit is null)
            problems.Add($"maximum {resource} usage per Container is {most}.  No limit is specified");
        else if (limit.Value.Nanos > most.Nanos)
            problems.Add($"maximum {resource} usage per Container is {most}, but limit is {limit}");
        else if (request is { } asked && asked.Nanos > most.Nanos)
            problems.Add($"maximum {resource} usage per Container is {most}, but request is {request}");
    }
}
