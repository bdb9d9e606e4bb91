using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Requests;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Admission;

/// <summary>
/// What resource quotas count (<c>pkg/quota/v1/evaluator</c> of Kubernetes 1.20): numbers of objects of any type, the requests and limits of pods, the
/// storage of claims, and the ports of nodes and the load balancers that Services take.
/// </summary>
internal static class QuotaResources
{
    /// <summary>One object.</summary>
    public static readonly Quantity One = new(1_000_000_000);

    private const string Count = "count/";
    private const string Storage = "requests.storage";
    private static readonly TypeKey Pods = new("", "pods");
    private static readonly TypeKey Claims = new("", "persistentvolumeclaims");
    private static readonly string[] OldNames = ["pods", "services", "secrets", "configmaps", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas"];
    private static readonly string[] ComputeNames = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

    /// <summary>Whether a resource is the number of all objects of a type, whatever is in them.</summary>
    public static bool IsCount(string resource) => resource.StartsWith(Count, StringComparison.Ordinal) || (resource != "pods" && OldNames.Contains(resource));

    /// <summary>The type of objects that a resource is about; null for one that is not known.</summary>
    public static TypeKey? TypeOf(string resource)
    {
        if (resource.StartsWith(Count, StringComparison.Ordinal))
        {
            string[] name = resource[Count.Length..].Split('.', 2);
            return new TypeKey(name.Length > 1 ? name[1] : "", name[0]);
        }
        if (OldNames.Contains(resource))
            return new TypeKey("", resource);
        if (ComputeNames.Contains(resource))
            return Pods;
        return resource is "services.loadbalancers" or "services.nodeports" ? ServiceAddresses.Services : resource == Storage ? Claims : null;
    }

    /// <summary>How much of a resource an object takes; null when the resource is not about objects of its type.</summary>
    public static Quantity? Asked(TypeKey key, JsonObject item, string resource)
    {
        if (TypeOf(resource) != key)
            return null;
        return resource switch
        {
            "services.loadbalancers" => item.TextAt("spec.type") == "LoadBalancer" ? One : null,
            "services.nodeports" => item.TextAt("spec.type") is "NodePort" or "LoadBalancer" ? One.Times((item.At("spec.ports") as JsonArray ?? []).Count) : null,
            Storage => Parsed(item.At("spec", "resources", "requests", "storage")),
            _ when ComputeNames.Contains(resource) => Containers(item).Select(container => Amount(container, resource)).Aggregate(new Quantity(0), (sum, amount) => amount is { } one ? sum.Plus(one) : sum),
            _ => One,
        };
    }

    /// <summary>How much of a resource the objects of its type take together; pods that have ended take nothing.</summary>
    public static Quantity Used(TypeKey key, string resource, IEnumerable<JsonObject> objects)
    {
        var used = new Quantity(0);
        foreach (JsonObject item in objects)
        {
            bool hasEnded = key == Pods && !IsCount(resource) && item.TextAt("status.phase") is "Succeeded" or "Failed";
            if (!hasEnded && Asked(key, item, resource) is { } amount)
                used = used.Plus(amount);
        }
        return used;
    }

    /// <summary>Whether an object must say how much of a resource it takes, and does not.</summary>
    public static bool IsMissing(TypeKey key, JsonObject item, string resource) =>
        key == Pods && ComputeNames.Contains(resource) && Containers(item).Any(container => Amount(container, resource) is null);

    private static IEnumerable<JsonNode?> Containers(JsonObject pod) => pod.At("spec.containers") as JsonArray ?? [];

    private static Quantity? Amount(JsonNode? container, string resource)
    {
        string[] parts = resource.Split('.');
        (string kind, string name) = parts.Length == 2 ? (parts[0], parts[1]) : ("requests", parts[0]);
        return Parsed(container.At("resources", kind, name));
    }

    private static Quantity? Parsed(JsonNode? amount) => amount.Text() is { } text && Quantity.TryParse(text, out Quantity read) ? read : null;
}
