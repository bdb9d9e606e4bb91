using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Admission;

/// <summary>What each new pod gets: a service account with its token, a priority, tolerations (plugins ServiceAccount, Priority, DefaultTolerationSeconds).</summary>
internal static class PodAdmission
{
    private const string TokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
    private const string MirrorAnnotation = "kubernetes.io/config.mirror";
    private static readonly TypeKey Pods = new("", "pods");
    private static readonly string[] Unwell = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

    /// <summary>Prepares a new pod.</summary>
    /// <exception cref="ApiException">Its service account or priority class is not there (403).</exception>
    public static void Admit(ObjectStore store, JsonObject pod)
    {
        if (pod["spec"] is not JsonObject spec)
            return;
        SetServiceAccount(store, pod, spec);
        SetPriority(store, pod, spec);
        SetTolerations(spec);
    }

    private static void SetServiceAccount(ObjectStore store, JsonObject pod, JsonObject spec)
    {
        if (pod.At("metadata", "annotations", MirrorAnnotation) is not null)
            return;
        string name = spec.TextAt("serviceAccountName") ?? "default";
        spec["serviceAccountName"] = name;
        spec["serviceAccount"] = name;
        string @namespace = pod.TextAt("metadata.namespace")!;
        JsonObject account = store.Get(new TypeKey("", "serviceaccounts"), @namespace, name)?.Parse()
            ?? throw ApiErrors.Forbidden(Pods, pod.TextAt("metadata.name") ?? pod.TextAt("metadata.generateName"), $"error looking up service account {@namespace}/{name}: serviceaccount \"{name}\" not found");
        if (spec["imagePullSecrets"] is not JsonArray { Count: > 0 } && account["imagePullSecrets"] is JsonArray { Count: > 0 } secrets)
            spec["imagePullSecrets"] = secrets.DeepClone();
        if ((spec.FlagAt("automountServiceAccountToken") ?? account.FlagAt("automountServiceAccountToken")) == false)
            return;
        // The token is the account's first secret of that type; an account that has none yet mounts none.
        string? secret = (account["secrets"] as JsonArray ?? []).Select(one => one.TextAt("name")).FirstOrDefault(one =>
            one is not null && store.Get(new TypeKey("", "secrets"), @namespace, one) is { } found && found.Fields.GetValueOrDefault("type") == "kubernetes.io/service-account-token");
        if (secret is null)
            return;
        JsonArray volumes = spec["volumes"] as JsonArray ?? [];
        string? volume = volumes.FirstOrDefault(one => one.TextAt("secret.secretName") == secret).TextAt("name");
        bool isNew = volume is null;
        volume ??= secret;
        bool mounted = false;
        foreach (JsonObject container in (spec["initContainers"] as JsonArray ?? []).Concat(spec["containers"] as JsonArray ?? []).OfType<JsonObject>())
        {
            JsonArray mounts = container["volumeMounts"] as JsonArray ?? [];
            if (mounts.Any(mount => mount.TextAt("mountPath") == TokenPath))
                continue;
            mounts.Add(new JsonObject { ["name"] = volume, ["readOnly"] = true, ["mountPath"] = TokenPath });
            if (mounts.Parent is null)
                container["volumeMounts"] = mounts;
            mounted = true;
        }
        if (isNew && mounted)
        {
            volumes.Add(new JsonObject { ["name"] = volume, ["secret"] = new JsonObject { ["secretName"] = secret } });
            if (volumes.Parent is null)
                spec["volumes"] = volumes;
        }
    }

    private static void SetPriority(ObjectStore store, JsonObject pod, JsonObject spec)
    {
        var classes = new TypeKey("scheduling.k8s.io", "priorityclasses");
        JsonObject? found;
        if (spec.TextAt("priorityClassName") is { } name)
        {
            found = store.Get(classes, null, name)?.Parse()
                ?? throw ApiErrors.Forbidden(Pods, pod.TextAt("metadata.name") ?? pod.TextAt("metadata.generateName"), $"no PriorityClass with name {name} was found");
        }
        else
        {
            found = store.Count(classes) == 0 ? null : store.Snapshot(classes, null).Objects.Select(stored => stored.Parse()).FirstOrDefault(one => one.FlagAt("globalDefault") == true);
            if (found.TextAt("metadata.name") is { } standard)
                spec["priorityClassName"] = standard;
        }
        spec["priority"] = found?["value"]?.DeepClone() ?? 0;
        spec["preemptionPolicy"] ??= found.TextAt("preemptionPolicy") ?? "PreemptLowerPriority";
    }

    private static void SetTolerations(JsonObject spec)
    {
        JsonArray tolerations = spec["tolerations"] as JsonArray ?? [];
        foreach (string taint in Unwell)
        {
            if (tolerations.Any(one => (one.TextAt("key") == taint || one.TextAt("key") is null) && one.TextAt("effect") is null or "NoExecute"))
                continue;
            tolerations.Add(new JsonObject { ["key"] = taint, ["operator"] = "Exists", ["effect"] = "NoExecute", ["tolerationSeconds"] = 300 });
        }
        if (tolerations.Parent is null && tolerations.Count > 0)
            spec["tolerations"] = tolerations;
    }
}
