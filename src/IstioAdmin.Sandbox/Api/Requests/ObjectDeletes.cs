using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>Deletes objects: at once, or once their finalizers are gone and their time to end is over.</summary>
internal sealed class ObjectDeletes(ApiMachinery machinery, ObjectWrites writes)
{
    private const string OrphanFinalizer = "orphan";
    private const string ForegroundFinalizer = "foregroundDeletion";
    private static readonly TypeKey Pods = new("", "pods");
    private static readonly TypeKey Namespaces = new("", "namespaces");

    // Their storages answer with the object, the others with a Status.
    private static readonly HashSet<TypeKey> ReturnsObject =
    [
        Pods, Namespaces, new("", "persistentvolumes"), new("", "persistentvolumeclaims"), new("", "podtemplates"), new("", "resourcequotas"), new("", "serviceaccounts"),
        new("policy", "podsecuritypolicies"), new("storage.k8s.io", "storageclasses"), new("storage.k8s.io", "csidrivers"), new("storage.k8s.io", "csinodes"),
        new("storage.k8s.io", "volumeattachments"),
    ];

    private static readonly string[] ImmortalNamespaces = ["default", "kube-system", "kube-public"];

    /// <summary>Deletes an object.</summary>
    /// <returns>The status code and the answer.</returns>
    public async Task<(int Status, JsonObject Answer)> DeleteAsync(RequestContext context, DeleteOptions options)
    {
        ResourceRequest request = context.Request;
        context.IsDryRun |= options.IsDryRun;
        if (request.Key == Namespaces && ImmortalNamespaces.Contains(request.Name))
            throw ApiErrors.Forbidden(request.Served, request.Name, "this namespace may not be deleted");
        bool admitted = false;
        while (true)
        {
            StoredObject stored = machinery.Store.Get(request.Key, request.Namespace, request.Name!) ?? throw ApiErrors.NotFound(request.Served, request.Name!);
            JsonObject live = context.Read(stored);
            if (!admitted)
                await writes.Admission.DeleteAsync(context, live).ConfigureAwait(false);
            admitted = true;
            CheckPreconditions(request, stored, options);
            if (TryDelete(context, stored, options) is { } answer)
                return answer;
        }
    }

    /// <summary>Deletes all objects that a request selects.</summary>
    public async Task WriteCollectionAsync(RequestContext context)
    {
        DeleteOptions options = await DeleteOptions.ReadAsync(context).ConfigureAwait(false);
        context.IsDryRun |= options.IsDryRun;
        (long version, IEnumerable<StoredObject> objects) = new ObjectLists(machinery).Select(context);
        var items = new JsonArray();
        foreach (StoredObject listed in objects.ToArray())
        {
            JsonObject live = context.Read(listed);
            await writes.Admission.DeleteAsync(context, live).ConfigureAwait(false);
            while (machinery.Store.Get(context.Request.Key, listed.Namespace, listed.Name) is { } stored && TryDelete(context, stored, options) is null)
            {
            }
            if (!context.Request.Type.IsCustom)
            {
                live.Remove("kind");
                live.Remove("apiVersion");
            }
            items.Add(live);
        }
        await context.Exchange.WriteJsonAsync(200, new JsonObject
        {
            ["kind"] = context.Request.Type.ListKind,
            ["apiVersion"] = context.Request.Type.ApiVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) },
            ["items"] = items,
        }).ConfigureAwait(false);
    }

    /// <summary>What follows from an object being gone.</summary>
    public static void AfterRemoval(ApiMachinery machinery, ObjectWrites writes, TypeKey key, StoredObject removed)
    {
        _ = removed;
        CustomDefinitions.AfterRemoval(machinery, writes, key);
    }

    // Null when the object has changed meanwhile.
    private (int Status, JsonObject Answer)? TryDelete(RequestContext context, StoredObject stored, DeleteOptions options)
    {
        ResourceRequest request = context.Request;
        TypeKey key = request.Key;
        JsonObject item = stored.Parse();
        var metadata = (JsonObject)item["metadata"]!;
        bool isPending = metadata["deletionTimestamp"] is not null;
        List<string> finalizers = [.. item.TextsAt("metadata.finalizers")];
        if (key == ResourceTypes.Definitions && !isPending && !finalizers.Contains(CustomDefinitions.Finalizer))
            finalizers.Add(CustomDefinitions.Finalizer);
        bool changed = SetPropagation(finalizers, options, isPending);
        long grace = key == Pods ? PodGrace(item, options) : 0;
        if (key == Pods && isPending)
        {
            long left = metadata["deletionGracePeriodSeconds"].Whole() ?? 0;
            // It can only get shorter.
            if (grace >= left && left > 0)
                return (200, context.Read(stored));
            grace = Math.Min(grace, left);
        }
        bool held = finalizers.Count > 0 || (key == Namespaces && item.TextsAt("spec.finalizers").Count > 0) || grace > 0;
        // A namespace with content takes nothing of a second request (pkg/registry/core/namespace/storage).
        if (isPending && held && key != Pods && (!changed || (key == Namespaces && item.TextsAt("spec.finalizers").Count > 0)))
            return (200, context.Read(stored));
        if (held)
        {
            Mark(context, item, metadata, finalizers, grace, isPending);
            if (key == Namespaces)
                item.Put("status.phase", "Terminating");
            if (key == ResourceTypes.Definitions)
                CustomDefinitions.SetTerminating(item, context.Now);
            if (context.IsDryRun)
                return (200, Answer(context, item));
            if (machinery.Store.Replace(key, stored, item) is not { } marked)
                return null;
            writes.Committed(key, stored, marked);
            JsonObject answer = context.Read(marked);
            if (key == ResourceTypes.Definitions)
                CustomDefinitions.AfterWrite(machinery, writes, key, marked);
            return (200, answer);
        }
        if (!context.IsDryRun)
        {
            if (machinery.Store.Remove(key, stored) is not { } removed)
                return null;
            writes.Committed(key, stored, null);
            AfterRemoval(machinery, writes, key, removed);
            metadata["resourceVersion"] = removed.Version.ToString(CultureInfo.InvariantCulture);
        }
        if (!ReturnsObject.Contains(key))
            return (200, StatusObject.Success(request.Served, stored.Name, stored.Uid));
        if (key == Pods)
        {
            metadata["deletionTimestamp"] = ObjectWrites.Stamp(context.Now);
            metadata["deletionGracePeriodSeconds"] = 0;
        }
        return (200, Answer(context, item));
    }

    private static JsonObject Answer(RequestContext context, JsonObject stored)
    {
        stored["apiVersion"] = context.Storage.ApiVersion;
        stored["kind"] = context.Storage.Kind;
        return Conversion.Convert(stored, context.Storage, context.Request.Type);
    }

    private static void Mark(RequestContext context, JsonObject item, JsonObject metadata, List<string> finalizers, long grace, bool isPending)
    {
        if (!isPending || context.Request.Key == Pods)
        {
            metadata["deletionTimestamp"] = ObjectWrites.Stamp(context.Now.AddSeconds(grace));
            if (context.Request.Key != Namespaces)
                metadata["deletionGracePeriodSeconds"] = grace;
        }
        if (!isPending && metadata["generation"] is JsonValue generation)
            metadata["generation"] = generation.Whole()!.Value + 1;
        if (finalizers.Count > 0)
            metadata["finalizers"] = new JsonArray([.. finalizers.Select(finalizer => (JsonNode)finalizer)]);
        else
            metadata.Remove("finalizers");
        _ = item;
    }

    // Which finalizers the garbage collector works through (apiserver/pkg/registry/generic/registry/store.go).
    private static bool SetPropagation(List<string> finalizers, DeleteOptions options, bool isPending)
    {
        string[] before = [.. finalizers];
        if (options.PropagationPolicy is { } policy && !(isPending && policy != "Background" && before.Length == 0))
        {
            finalizers.RemoveAll(finalizer => finalizer is OrphanFinalizer or ForegroundFinalizer);
            if (policy == "Orphan")
                finalizers.Add(OrphanFinalizer);
            else if (policy == "Foreground")
                finalizers.Add(ForegroundFinalizer);
        }
        return !finalizers.SequenceEqual(before);
    }

    private static long PodGrace(JsonObject pod, DeleteOptions options)
    {
        if (pod.TextAt("spec.nodeName") is null || pod.TextAt("status.phase") is "Failed" or "Succeeded")
            return 0;
        long grace = options.GracePeriodSeconds ?? pod.At("spec.terminationGracePeriodSeconds").Whole() ?? 30;
        return Math.Max(0, grace);
    }

    private static void CheckPreconditions(ResourceRequest request, StoredObject stored, DeleteOptions options)
    {
        if (options.Uid is { } uid && uid != stored.Uid)
            throw ApiErrors.Conflict(request.Served with { Plural = request.Type.Kind }, request.Name!, $"the UID in the precondition ({uid}) does not match the UID in record ({stored.Uid}). The object might have been deleted and then recreated");
        if (options.ResourceVersion is { } version && version != stored.Version.ToString(CultureInfo.InvariantCulture))
            throw ApiErrors.Conflict(request.Served with { Plural = request.Type.Kind }, request.Name!, $"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({stored.Version}). The object might have been modified");
    }
}
