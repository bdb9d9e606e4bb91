using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Applying;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>The life of CustomResourceDefinitions: names accepted, established, and with their end that of their objects (apiextensions-apiserver's controllers).</summary>
internal static class CustomDefinitions
{
    /// <summary>Holds a definition that is being deleted until its objects are gone.</summary>
    public const string Finalizer = "customresourcecleanup.apiextensions.k8s.io";

    /// <summary>Prepares a definition that is to be created.</summary>
    public static void PrepareForCreate(JsonObject definition)
    {
        bool isV1 = definition.TextAt("apiVersion")?.EndsWith("/v1", StringComparison.Ordinal) != false;
        JsonNode? storage = (definition.At("spec.versions") as JsonArray ?? []).FirstOrDefault(version => version.FlagAt("storage") == true);
        string? name = storage.TextAt("name") ?? (isV1 ? null : definition.TextAt("spec.version"));
        definition["status"] = new JsonObject
        {
            ["conditions"] = null,
            ["acceptedNames"] = new JsonObject { ["plural"] = "", ["kind"] = "" },
            ["storedVersions"] = name is null ? null : new JsonArray(name),
        };
    }

    /// <summary>Notes on a definition that its objects are on their way out.</summary>
    public static void SetTerminating(JsonObject definition, DateTimeOffset now) =>
        SetCondition(definition, "Terminating", "True", "InstanceDeletionPending", "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon", now);

    /// <summary>What the controllers do once a definition has been written.</summary>
    public static void AfterWrite(ApiMachinery machinery, ObjectWrites writes, TypeKey key, StoredObject written)
    {
        if (key != ResourceTypes.Definitions)
            return;
        DateTimeOffset now = machinery.Clock.GetUtcNow();
        writes.Change(key, null, written.Name, isDryRun: false, definition =>
        {
            if (definition.At("metadata.deletionTimestamp") is not null)
                return false;
            var before = (JsonObject)definition.DeepClone();
            JsonNode? names = definition.At("spec.names")?.DeepClone();
            string? clash = Clash(machinery, definition);
            bool changed = false;
            if (clash is null && !JsonNode.DeepEquals(names, definition.At("status.acceptedNames")))
            {
                definition.Put("status.acceptedNames", names);
                changed = true;
            }
            changed |= clash is null
                ? SetCondition(definition, "NamesAccepted", "True", "NoConflicts", "no conflicts found", now)
                : SetCondition(definition, "NamesAccepted", "False", clash.Contains("kind", StringComparison.Ordinal) ? "KindConflict" : "PluralConflict", clash, now);
            if (clash is null)
                changed |= SetCondition(definition, "Established", "True", "InitialNamesAccepted", "the initial names have been accepted", now);
            else if (!HasCondition(definition, "Established"))
                changed |= SetCondition(definition, "Established", "False", "NotAccepted", "not all names are accepted", now);
            if (changed)
                Own(before, definition, now);
            return changed;
        });
        if (machinery.Store.Get(key, null, written.Name)?.Parse() is { } now2 && now2.At("metadata.deletionTimestamp") is not null)
            Clean(machinery, writes, now2);
    }

    /// <summary>What the controllers do once an object has been removed: perhaps it was the last one that a definition waited for.</summary>
    public static void AfterRemoval(ApiMachinery machinery, ObjectWrites writes, TypeKey key)
    {
        if (key.Group.Contains('.', StringComparison.Ordinal) && machinery.Store.Get(ResourceTypes.Definitions, null, $"{key.Plural}.{key.Group}")?.Parse() is { } definition
            && definition.At("metadata.deletionTimestamp") is not null)
        {
            Clean(machinery, writes, definition);
        }
    }

    private static void Own(JsonObject before, JsonObject definition, DateTimeOffset now)
    {
        JsonArray? managed = before["metadata"]!["managedFields"]?.DeepClone() as JsonArray;
        (before["metadata"] as JsonObject)!.Remove("managedFields");
        FieldManagers.Update(before, definition, managed, SchemaTable.BuiltIn.OfKind(ResourceTypes.Definitions.Group, "v1", "CustomResourceDefinition")!,
            "apiextensions.k8s.io/v1", "kube-apiserver", now, isNew: false);
    }

    private static void Clean(ApiMachinery machinery, ObjectWrites writes, JsonObject definition)
    {
        string name = definition.TextAt("metadata.name")!;
        if (!definition.TextsAt("metadata.finalizers").Contains(Finalizer))
            return;
        var key = new TypeKey(definition.TextAt("spec.group")!, definition.TextAt("spec.names.plural")!);
        bool left = false;
        foreach (StoredObject stored in machinery.Store.Snapshot(key, null).Objects)
        {
            while (machinery.Store.Get(key, stored.Namespace, stored.Name) is { } current)
            {
                JsonObject item = current.Parse();
                if (item.TextsAt("metadata.finalizers").Count == 0)
                {
                    if (machinery.Store.Remove(key, current) is not null)
                        break;
                    continue;
                }
                left = true;
                if (item.At("metadata.deletionTimestamp") is not null)
                    break;
                item["metadata"]!["deletionTimestamp"] = ObjectWrites.Stamp(machinery.Clock.GetUtcNow());
                item["metadata"]!["deletionGracePeriodSeconds"] = 0;
                if (machinery.Store.Replace(key, current, item) is not null)
                    break;
            }
        }
        if (left)
            return;
        while (machinery.Store.Get(ResourceTypes.Definitions, null, name) is { } stored)
        {
            JsonObject item = stored.Parse();
            string[] rest = [.. item.TextsAt("metadata.finalizers").Where(finalizer => finalizer != Finalizer)];
            if (rest.Length == 0)
            {
                if (machinery.Store.Remove(ResourceTypes.Definitions, stored) is null)
                    continue;
                writes.Committed(ResourceTypes.Definitions, stored, null);
                return;
            }
            item["metadata"]!["finalizers"] = new JsonArray([.. rest.Select(finalizer => (JsonNode)finalizer)]);
            if (machinery.Store.Replace(ResourceTypes.Definitions, stored, item) is { } written)
            {
                writes.Committed(ResourceTypes.Definitions, stored, written);
                return;
            }
        }
    }

    // Names that another definition of the group has already.
    private static string? Clash(ApiMachinery machinery, JsonObject definition)
    {
        string name = definition.TextAt("metadata.name")!, group = definition.TextAt("spec.group")!;
        foreach (ResourceType other in machinery.Types.All.Where(type => type.Group == group && $"{type.Plural}.{type.Group}" != name))
        {
            if (other.Kind == definition.TextAt("spec.names.kind"))
                return $"\"{other.Kind}\" is already in use";
            string[] names = [.. definition.TextsAt("spec.names.shortNames"), definition.TextAt("spec.names.singular") ?? ""];
            if (names.FirstOrDefault(own => own.Length > 0 && (other.ShortNames.Contains(own) || other.Singular == own || other.Plural == own)) is { } taken)
                return $"\"{taken}\" is already in use";
        }
        return null;
    }

    private static bool HasCondition(JsonObject definition, string type) => (definition.At("status.conditions") as JsonArray ?? []).Any(condition => condition.TextAt("type") == type);

    private static bool SetCondition(JsonObject definition, string type, string status, string reason, string message, DateTimeOffset now)
    {
        if (definition.At("status.conditions") is not JsonArray conditions)
        {
            conditions = [];
            definition.Put("status.conditions", conditions);
        }
        JsonObject? found = conditions.OfType<JsonObject>().FirstOrDefault(condition => condition.TextAt("type") == type);
        if (found is not null && found.TextAt("status") == status)
            return false;
        var condition = new JsonObject { ["type"] = type, ["status"] = status, ["lastTransitionTime"] = ObjectWrites.Stamp(now), ["reason"] = reason, ["message"] = message };
        if (found is null)
            conditions.Add(condition);
        else
            conditions[conditions.IndexOf(found)] = condition;
        return true;
    }
}
