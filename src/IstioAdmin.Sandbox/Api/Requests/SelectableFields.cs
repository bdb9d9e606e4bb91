using System.Collections.Immutable;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>By which fields the objects of a type can be selected (<c>kubernetes/pkg/apis/*/v*/conversion.go</c>).</summary>
internal static class SelectableFields
{
    private static readonly Dictionary<TypeKey, string[]> Table = new()
    {
        [new("", "pods")] = ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName"],
        [new("", "nodes")] = ["spec.unschedulable"],
        [new("", "namespaces")] = ["status.phase"],
        [new("", "secrets")] = ["type"],
        [new("", "replicationcontrollers")] = ["status.replicas"],
        [new("", "services")] = [],
        [new("", "events")] =
        [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion",
            "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
        ],
        [new("apps", "replicasets")] = ["status.replicas"],
        [new("batch", "jobs")] = ["status.successful"],
        [new("certificates.k8s.io", "certificatesigningrequests")] = ["spec.signerName"],
    };

    /// <summary>Refuses a field that the type cannot be selected by.</summary>
    public static void Check(ResourceType type, string field)
    {
        if (field is "metadata.name" || (field is "metadata.namespace" && (type.Namespaced || !type.IsCustom)))
            return;
        TypeKey key = Resources.ResourceTypes.KeyOf(type);
        if (Table.TryGetValue(key, out string[]? known))
        {
            if (!known.Contains(key.Plural == "events" && type.Group.Length > 0 ? EventField(field) : field))
                throw ApiErrors.BadRequest($"field label not supported: {field}");
            return;
        }
        if (type.IsCustom)
            throw ApiErrors.BadRequest($"field label not supported: {field}");
        throw ApiErrors.BadRequest($"\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
    }

    /// <summary>The values of a type's fields in an object.</summary>
    public static IReadOnlyDictionary<string, string> Of(TypeKey type, JsonObject item)
    {
        if (!Table.TryGetValue(type, out string[]? fields) || fields.Length == 0)
            return ImmutableDictionary<string, string>.Empty;
        var values = new Dictionary<string, string>(fields.Length, StringComparer.Ordinal);
        foreach (string field in fields)
            values[field] = Value(type, item, field);
        return values;
    }

    private static string Value(TypeKey type, JsonObject item, string field) => field switch
    {
        "spec.unschedulable" => item.FlagAt(field) == true ? "true" : "false",
        "status.podIPs" => string.Join(",", (item.At(field) as JsonArray ?? []).Select(address => address.TextAt("ip"))),
        "status.replicas" => item.At(field)?.ToString() ?? "0",
        "status.successful" => item.At("status.succeeded")?.ToString() ?? "0",
        "source" when type.Plural == "events" => item.TextAt("source.component") ?? item.TextAt("reportingComponent") ?? "",
        _ => item.TextAt(field) ?? "",
    };

    private static string EventField(string field) => field.StartsWith("regarding.", StringComparison.Ordinal) ? "involvedObject" + field["regarding".Length..] : field;
}
