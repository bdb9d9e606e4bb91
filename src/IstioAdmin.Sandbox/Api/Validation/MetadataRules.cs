using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Requests;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Validation;

/// <summary>Rules of metadata (<c>apimachinery/pkg/api/validation/objectmeta.go</c>).</summary>
internal static class MetadataRules
{
    private const int AnnotationsLimit = 256 * 1024;

    private static readonly HashSet<TypeKey> Labels = [new("", "namespaces")];
    private static readonly HashSet<TypeKey> Labels1035 = [new("", "services")];
    private static readonly HashSet<string> PathNames = ["rbac.authorization.k8s.io"];

    /// <summary>Checks an object's metadata.</summary>
    public static void Check(ResourceRequest request, JsonObject item, List<FieldError> errors)
    {
        string? name = item.TextAt("metadata.name");
        string? prefix = item.TextAt("metadata.generateName");
        if (prefix is not null)
            Name(request.Key, prefix.TrimEnd('-') is { Length: > 0 } trimmed && prefix.EndsWith('-') ? trimmed + "a" : prefix, "metadata.generateName", prefix, errors);
        if (name is null)
            errors.Add(FieldError.Required("metadata.name", "name or generateName is required"));
        else
            Name(request.Key, name, "metadata.name", name, errors);
        foreach ((string key, JsonNode? value) in item.At("metadata.labels") as JsonObject ?? [])
            Label(key, value?.ToString() ?? "", "metadata.labels", errors);
        long size = 0;
        foreach ((string key, JsonNode? value) in item.At("metadata.annotations") as JsonObject ?? [])
        {
            foreach (string problem in NameRules.QualifiedName(key.ToLowerInvariant()))
                errors.Add(FieldError.Invalid("metadata.annotations", key, problem));
            size += key.Length + (value?.ToString().Length ?? 0);
        }
        if (size > AnnotationsLimit)
            errors.Add(new FieldError("FieldValueTooLong", "metadata.annotations", $"Too long: must have at most {AnnotationsLimit} bytes"));
        int at = 0;
        foreach (JsonNode? owner in item.At("metadata.ownerReferences") as JsonArray ?? [])
        {
            foreach (string field in (string[])["kind", "name", "uid"])
            {
                if (owner.TextAt(field) is null)
                    errors.Add(FieldError.InvalidShown($"metadata.ownerReferences[{at}].{field}", "\"\"", "must not be empty"));
            }
            at++;
        }
        foreach (string finalizer in item.TextsAt("metadata.finalizers"))
        {
            foreach (string problem in NameRules.QualifiedName(finalizer))
                errors.Add(FieldError.Invalid("metadata.finalizers", finalizer, problem));
            if (!finalizer.Contains('/', StringComparison.Ordinal) && finalizer is not ("orphan" or "foregroundDeletion" or "kubernetes") && request.Type.Group.Length == 0)
                errors.Add(FieldError.Invalid("metadata.finalizers[0]", finalizer, "name is neither a standard finalizer name nor is it fully qualified"));
        }
    }

    /// <summary>Checks what may not change.</summary>
    public static void CheckUpdate(JsonObject live, JsonObject item, List<FieldError> errors)
    {
        foreach (string field in (string[])["name", "namespace", "uid"])
        {
            if (live.TextAt("metadata." + field) is { } before && item.TextAt("metadata." + field) is { } after && before != after)
                errors.Add(FieldError.Invalid("metadata." + field, after, "field is immutable"));
        }
        if (live.At("metadata.deletionTimestamp") is null)
            return;
        string[] added = [.. item.TextsAt("metadata.finalizers").Except(live.TextsAt("metadata.finalizers"))];
        if (added.Length > 0)
        {
            errors.Add(FieldError.Forbidden("metadata.finalizers",
                $"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{string.Join(", ", added.Select(FieldError.Quote))}}}"));
        }
    }

    /// <summary>Checks a label.</summary>
    public static void Label(string key, string value, string field, List<FieldError> errors)
    {
        foreach (string problem in NameRules.QualifiedName(key))
            errors.Add(FieldError.Invalid(field, key, problem));
        foreach (string problem in NameRules.LabelValue(value))
            errors.Add(FieldError.Invalid(field, value, problem));
    }

    private static void Name(TypeKey key, string name, string field, string shown, List<FieldError> errors)
    {
        IEnumerable<string> problems = Labels.Contains(key) ? NameRules.Label(name)
            : Labels1035.Contains(key) ? NameRules.Label1035(name)
            : PathNames.Contains(key.Group) ? NameRules.PathSegment(name)
            : NameRules.Subdomain(name);
        foreach (string problem in problems)
            errors.Add(FieldError.Invalid(field, shown, problem));
    }
}
