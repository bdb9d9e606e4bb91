using System.Text.Json.Nodes;
using IstioAdmin.Core;
using static IstioAdmin.Sandbox.Api.Defaults.Setting;

namespace IstioAdmin.Sandbox.Api.Defaults;

/// <summary>The values that fields get which a request leaves out (<c>kubernetes/pkg/apis/*/v*/defaults.go</c>).</summary>
internal static class TypeDefaults
{
    private static readonly Dictionary<(string Group, string Kind), Action<JsonObject>> Table = new()
    {
        [("", "Pod")] = PodDefaults.Pod,
        [("", "PodTemplate")] = item => PodDefaults.Template(item["template"] as JsonObject),
        [("", "ReplicationController")] = ReplicationController,
        [("", "Service")] = ServiceDefaults.Service,
        [("", "Endpoints")] = item => Each(item["subsets"], subset => Each(subset["ports"], port => Set(port, "protocol", "TCP"))),
        [("", "Secret")] = Secret,
        [("", "Namespace")] = item => Inside(item, "status", status => Set(status, "phase", "Active")),
        [("", "PersistentVolume")] = item => Inside(item, "spec", spec =>
        {
            Set(spec, "persistentVolumeReclaimPolicy", "Retain");
            Set(spec, "volumeMode", "Filesystem");
        }),
        [("", "PersistentVolumeClaim")] = item => Inside(item, "spec", spec => Set(spec, "volumeMode", "Filesystem")),
        [("", "LimitRange")] = LimitRange,
        [("apps", "Deployment")] = item => Inside(item, "spec", Deployment),
        [("apps", "ReplicaSet")] = item => Inside(item, "spec", spec =>
        {
            Set(spec, "replicas", 1);
            PodDefaults.Template(spec["template"] as JsonObject);
        }),
        [("apps", "DaemonSet")] = item =>
        {
            // A field of older versions, which lives on as an annotation.
            Set(Object(Object(item, "metadata"), "annotations"), Requests.Strategies.TemplateGeneration, "0");
            Inside(item, "spec", DaemonSet);
        },
        [("apps", "StatefulSet")] = item => Inside(item, "spec", StatefulSet),
        [("batch", "Job")] = item =>
        {
            Inside(item, "spec", Job);
            if (item.At("spec.template.metadata.labels") is JsonObject { Count: > 0 } labels && item.At("metadata.labels") is not JsonObject { Count: > 0 })
                item["metadata"]!["labels"] = labels.DeepClone();
        },
        [("batch", "CronJob")] = item => Inside(item, "spec", CronJob),
        [("policy", "PodSecurityPolicy")] = item => Inside(item, "spec", spec => Set(spec, "allowPrivilegeEscalation", true)),
        [("networking.k8s.io", "NetworkPolicy")] = item => Inside(item, "spec", NetworkPolicy),
        [("networking.k8s.io", "Ingress")] = Ingress,
        [("extensions", "Ingress")] = Ingress,
        [("discovery.k8s.io", "EndpointSlice")] = item => Each(item["ports"], port =>
        {
            Set(port, "name", "");
            Set(port, "protocol", "TCP");
        }),
        [("scheduling.k8s.io", "PriorityClass")] = item => Set(item, "preemptionPolicy", "PreemptLowerPriority"),
        [("storage.k8s.io", "StorageClass")] = item =>
        {
            Set(item, "reclaimPolicy", "Delete");
            Set(item, "volumeBindingMode", "Immediate");
        },
        [("apiregistration.k8s.io", "APIService")] = item => Inside(item.At("spec") as JsonObject, "service", service => Set(service, "port", 443)),
        [("rbac.authorization.k8s.io", "RoleBinding")] = Binding,
        [("rbac.authorization.k8s.io", "ClusterRoleBinding")] = Binding,
        [("autoscaling", "HorizontalPodAutoscaler")] = Autoscaler,
        [("admissionregistration.k8s.io", "MutatingWebhookConfiguration")] = item => Webhooks(item, isMutating: true),
        [("admissionregistration.k8s.io", "ValidatingWebhookConfiguration")] = item => Webhooks(item, isMutating: false),
        [("apiextensions.k8s.io", "CustomResourceDefinition")] = Definition,
    };

    /// <summary>Fills in what an object leaves out.</summary>
    /// <param name="type">The type.</param>
    /// <param name="item">The object.</param>
    /// <param name="touched">The fields at the root that may lack something; null for all.</param>
    public static void Apply(ResourceType type, JsonObject item, IReadOnlyCollection<string>? touched = null)
    {
        // Pods and workloads have defaults in their spec alone.
        if (touched?.Contains("spec") == false && (type.Group == "apps" || (type.Group.Length == 0 && type.Kind == "Pod")))
            return;
        if (Table.TryGetValue((type.Group, type.Kind), out Action<JsonObject>? defaults))
            defaults(item);
    }

    private static void ReplicationController(JsonObject item) => Inside(item, "spec", spec =>
    {
        Set(spec, "replicas", 1);
        if (spec.At("template.metadata.labels") is JsonObject labels)
        {
            if (spec["selector"] is not JsonObject { Count: > 0 })
                spec["selector"] = labels.DeepClone();
            if (item.At("metadata.labels") is not JsonObject { Count: > 0 })
                item["metadata"]!["labels"] = labels.DeepClone();
        }
        PodDefaults.Template(spec["template"] as JsonObject);
    });

    private static void Secret(JsonObject item)
    {
        Set(item, "type", "Opaque");
        if (item["stringData"] is not JsonObject texts)
            return;
        item.Remove("stringData");
        JsonObject data = item["data"] as JsonObject ?? [];
        foreach ((string name, JsonNode? text) in texts)
            data[name] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text?.ToString() ?? ""));
        if (data.Parent is null)
            item["data"] = data;
    }

    private static void LimitRange(JsonObject item) => Each(item.At("spec.limits"), limit =>
    {
        if (limit.TextAt("type") != "Container")
            return;
        Fill("default", "max");
        Fill("defaultRequest", "default");
        Fill("defaultRequest", "min");

        void Fill(string to, string from)
        {
            foreach ((string resource, JsonNode? amount) in limit[from] as JsonObject ?? [])
            {
                JsonObject target = limit[to] as JsonObject ?? [];
                target.TryAdd(resource, amount?.DeepClone());
                if (target.Parent is null)
                    limit[to] = target;
            }
        }
    });

    private static void Deployment(JsonObject spec)
    {
        Set(spec, "replicas", 1);
        JsonObject strategy = Object(spec, "strategy");
        Set(strategy, "type", "RollingUpdate");
        if (strategy.TextAt("type") == "RollingUpdate")
        {
            JsonObject rolling = Object(strategy, "rollingUpdate");
            Set(rolling, "maxUnavailable", "25%");
            Set(rolling, "maxSurge", "25%");
        }
        Set(spec, "revisionHistoryLimit", 10);
        Set(spec, "progressDeadlineSeconds", 600);
        PodDefaults.Template(spec["template"] as JsonObject);
    }

    private static void DaemonSet(JsonObject spec)
    {
        JsonObject strategy = Object(spec, "updateStrategy");
        Set(strategy, "type", "RollingUpdate");
        if (strategy.TextAt("type") == "RollingUpdate")
            Set(Object(strategy, "rollingUpdate"), "maxUnavailable", 1);
        Set(spec, "revisionHistoryLimit", 10);
        PodDefaults.Template(spec["template"] as JsonObject);
    }

    private static void StatefulSet(JsonObject spec)
    {
        Set(spec, "podManagementPolicy", "OrderedReady");
        JsonObject strategy = Object(spec, "updateStrategy");
        if (strategy.TextAt("type") is null)
        {
            strategy["type"] = "RollingUpdate";
            Set(Object(strategy, "rollingUpdate"), "partition", 0);
        }
        else if (strategy.TextAt("type") == "RollingUpdate" && strategy["rollingUpdate"] is JsonObject rolling)
        {
            Set(rolling, "partition", 0);
        }
        Set(spec, "replicas", 1);
        Set(spec, "revisionHistoryLimit", 10);
        PodDefaults.Template(spec["template"] as JsonObject);
        Each(spec["volumeClaimTemplates"], claim =>
        {
            Set(claim, "kind", "PersistentVolumeClaim");
            Set(claim, "apiVersion", "v1");
            Inside(claim, "spec", inner => Set(inner, "volumeMode", "Filesystem"));
            Set(Object(claim, "status"), "phase", "Pending");
        });
    }

    private static void Job(JsonObject spec)
    {
        if (spec["completions"] is null && spec["parallelism"] is null)
        {
            spec["completions"] = 1;
            spec["parallelism"] = 1;
        }
        Set(spec, "parallelism", 1);
        Set(spec, "backoffLimit", 6);
        PodDefaults.Template(spec["template"] as JsonObject);
    }

    private static void CronJob(JsonObject spec)
    {
        Set(spec, "concurrencyPolicy", "Allow");
        Set(spec, "suspend", false);
        Set(spec, "successfulJobsHistoryLimit", 3);
        Set(spec, "failedJobsHistoryLimit", 1);
        PodDefaults.Template(spec.At("jobTemplate.spec.template") as JsonObject);
    }

    private static void NetworkPolicy(JsonObject spec)
    {
        foreach (string direction in (string[])["ingress", "egress"])
            Each(spec[direction], rule => Each(rule["ports"], port => Set(port, "protocol", "TCP")));
        if (spec["policyTypes"] is not JsonArray { Count: > 0 })
            spec["policyTypes"] = spec["egress"] is JsonArray { Count: > 0 } ? new JsonArray("Ingress", "Egress") : new JsonArray("Ingress");
    }

    private static void Ingress(JsonObject item)
    {
        if (item.TextAt("apiVersion") == "networking.k8s.io/v1")
            return;
        Each(item.At("spec.rules"), rule => Each(rule.At("http.paths"), path => Set(path, "pathType", "ImplementationSpecific")));
    }

    private static void Binding(JsonObject item)
    {
        if (item["roleRef"] is JsonObject role && role.TextAt("apiGroup") is null)
            role["apiGroup"] = "rbac.authorization.k8s.io";
        Each(item["subjects"], subject =>
        {
            if (subject.TextAt("apiGroup") is null && subject.TextAt("kind") is "User" or "Group")
                subject["apiGroup"] = "rbac.authorization.k8s.io";
        });
    }

    private static void Autoscaler(JsonObject item) => Inside(item, "spec", spec =>
    {
        Set(spec, "minReplicas", 1);
        bool isV1 = item.TextAt("apiVersion") == "autoscaling/v1";
        if (isV1)
        {
            if (item.At("metadata", "annotations", "autoscaling.alpha.kubernetes.io/metrics") is null)
                Set(spec, "targetCPUUtilizationPercentage", 80);
            return;
        }
        if (spec["metrics"] is not JsonArray { Count: > 0 })
        {
            var resource = new JsonObject { ["name"] = "cpu" };
            if (item.TextAt("apiVersion") == "autoscaling/v2beta2")
                resource["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = 80 };
            else
                resource["targetAverageUtilization"] = 80;
            spec["metrics"] = new JsonArray(new JsonObject { ["type"] = "Resource", ["resource"] = resource });
        }
    });

    private static void Webhooks(JsonObject item, bool isMutating)
    {
        bool isV1 = item.TextAt("apiVersion")?.EndsWith("/v1", StringComparison.Ordinal) == true;
        Each(item["webhooks"], webhook =>
        {
            Set(webhook, "failurePolicy", isV1 ? "Fail" : "Ignore");
            Set(webhook, "matchPolicy", isV1 ? "Equivalent" : "Exact");
            Set(webhook, "namespaceSelector", new JsonObject());
            Set(webhook, "objectSelector", new JsonObject());
            Set(webhook, "timeoutSeconds", isV1 ? 10 : 30);
            if (isMutating)
                Set(webhook, "reinvocationPolicy", "Never");
            if (!isV1)
            {
                Set(webhook, "sideEffects", "Unknown");
                if (webhook["admissionReviewVersions"] is not JsonArray { Count: > 0 })
                    webhook["admissionReviewVersions"] = new JsonArray("v1beta1");
            }
            Inside(webhook["clientConfig"] as JsonObject, "service", service => Set(service, "port", 443));
            Each(webhook["rules"], rule => Set(rule, "scope", "*"));
        });
    }

    private static void Definition(JsonObject item) => Inside(item, "spec", spec =>
    {
        bool isV1 = item.TextAt("apiVersion")?.EndsWith("/v1", StringComparison.Ordinal) == true;
        if (!isV1)
        {
            if (spec.TextAt("scope") is null)
                spec["scope"] = "Namespaced";
            if (spec["versions"] is not JsonArray { Count: > 0 } && spec.TextAt("version") is { } only)
                spec["versions"] = new JsonArray(new JsonObject { ["name"] = only, ["storage"] = true, ["served"] = true });
            if (spec.TextAt("version") is null && (spec["versions"] as JsonArray)?.FirstOrDefault().TextAt("name") is { } first)
                spec["version"] = first;
            Set(spec, "preserveUnknownFields", true);
        }
        if (item.At("status.storedVersions") is not JsonArray { Count: > 0 }
            && (spec["versions"] as JsonArray ?? []).FirstOrDefault(version => version.FlagAt("storage") == true).TextAt("name") is { } stored)
        {
            Object(item, "status")["storedVersions"] = new JsonArray(stored);
        }
        JsonObject names = Object(spec, "names");
        if (names.TextAt("kind") is { } kind)
        {
            if (names.TextAt("singular") is null)
                names["singular"] = kind.ToLowerInvariant();
            if (names.TextAt("listKind") is null)
                names["listKind"] = kind + "List";
        }
        JsonObject conversion = Object(spec, "conversion");
        Set(conversion, "strategy", "None");
        Inside(conversion.At(isV1 ? "webhook.clientConfig" : "webhookClientConfig") as JsonObject, "service", service => Set(service, "port", 443));
    });
}
