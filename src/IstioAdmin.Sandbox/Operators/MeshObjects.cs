using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Operators;

/// <summary>The shapes of what operators create, reduced to the parts that somebody looks at.</summary>
internal static class MeshObjects
{
    public static JsonObject Named(string apiVersion, string kind, string name, JsonObject? labels = null)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (labels is not null)
            metadata["labels"] = labels.DeepClone();
        return new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = metadata };
    }

    public static JsonObject ServiceAccount(string name) => Named("v1", "ServiceAccount", name);

    public static JsonObject ConfigMap(string name, JsonObject? labels, params (string Key, string Value)[] data)
    {
        JsonObject map = Named("v1", "ConfigMap", name, labels);
        JsonObject into = Json.Ensure(map, "data");
        foreach ((string key, string value) in data)
            into[key] = value;
        return map;
    }

    public static JsonObject Deployment(string name, JsonObject labels, JsonObject selector, string account, int? replicas, params (string Name, string Image)[] containers)
    {
        JsonObject item = Named("apps/v1", "Deployment", name, labels);
        item["spec"] = new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = selector.DeepClone() },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["labels"] = selector.DeepClone(),
                    ["annotations"] = new JsonObject { ["sidecar.istio.io/inject"] = "false" },
                },
                ["spec"] = new JsonObject { ["serviceAccountName"] = account, ["containers"] = Containers(containers) },
            },
        };
        if (replicas is not null)
            item["spec"]!["replicas"] = replicas;
        return item;
    }

    public static JsonObject Service(string name, JsonObject? labels, JsonObject selector, params (string Name, int Port)[] ports)
    {
        JsonObject item = Named("v1", "Service", name, labels);
        item["spec"] = new JsonObject
        {
            ["selector"] = selector.DeepClone(),
            ["ports"] = new JsonArray([.. ports.Select(port => new JsonObject { ["name"] = port.Name, ["port"] = port.Port, ["protocol"] = "TCP", ["targetPort"] = port.Port })]),
        };
        return item;
    }

    public static JsonObject Autoscaler(string name, string deployment, int min, int max)
    {
        JsonObject item = Named("autoscaling/v2beta1", "HorizontalPodAutoscaler", name);
        item["spec"] = new JsonObject
        {
            ["minReplicas"] = min,
            ["maxReplicas"] = max,
            ["scaleTargetRef"] = new JsonObject { ["apiVersion"] = "apps/v1", ["kind"] = "Deployment", ["name"] = deployment },
            ["metrics"] = JsonNode.Parse("""[{"type":"Resource","resource":{"name":"cpu","targetAverageUtilization":80}}]"""),
        };
        return item;
    }

    public static JsonObject DisruptionBudget(string name, JsonObject selector)
    {
        JsonObject item = Named("policy/v1beta1", "PodDisruptionBudget", name);
        item["spec"] = new JsonObject { ["minAvailable"] = 1, ["selector"] = new JsonObject { ["matchLabels"] = selector.DeepClone() } };
        return item;
    }

    public static JsonObject ClusterRole(string name, JsonObject? labels, string rules)
    {
        JsonObject item = Named("rbac.authorization.k8s.io/v1", "ClusterRole", name, labels);
        item["rules"] = JsonNode.Parse(rules);
        return item;
    }

    public static JsonObject ClusterRoleBinding(string name, JsonObject? labels, string role, string ns, string account)
    {
        JsonObject item = Named("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", name, labels);
        item["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = role };
        item["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["namespace"] = ns, ["name"] = account });
        return item;
    }

    /// <summary>A definition without a schema.</summary>
    public static JsonObject Definition(string group, string version, string kind, string plural, bool namespaced)
    {
        JsonObject item = Named("apiextensions.k8s.io/v1", "CustomResourceDefinition", $"{plural}.{group}");
        item["spec"] = Json.Parse($$$"""
            {"group":"{{{group}}}","scope":"{{{(namespaced ? "Namespaced" : "Cluster")}}}","names":{"kind":"{{{kind}}}","plural":"{{{plural}}}"},
             "versions":[{"name":"{{{version}}}","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}} }]}
            """);
        return item;
    }

    /// <summary>The DaemonSet of CNI agents.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="labels">Its labels and its pods'.</param>
    /// <param name="account">Service account.</param>
    /// <param name="image">Image.</param>
    /// <param name="configMap">The ConfigMap that holds its settings.</param>
    /// <param name="key">The settings' key there; null when all keys become variables.</param>
    /// <param name="binDir">The nodes' directory of plugins.</param>
    /// <param name="confDir">The nodes' directory of configurations.</param>
    public static JsonObject CniDaemonSet(string name, JsonObject labels, string account, string image, string configMap, string? key, string binDir, string confDir)
    {
        JsonObject item = Named("apps/v1", "DaemonSet", name, labels);
        JsonObject container = Json.Parse($$$"""
            {"name":"install-cni","image":"{{{image}}}","volumeMounts":[
              {"name":"cni-bin-dir","mountPath":"/host/opt/cni/bin"},{"name":"cni-net-dir","mountPath":"/host/etc/cni/net.d"}]}
            """);
        if (key is null)
            container["envFrom"] = JsonNode.Parse($$$"""[{"configMapRef":{"name":"{{{configMap}}}"}}]""");
        else
            container["env"] = JsonNode.Parse($$$"""[{"name":"CNI_NETWORK_CONFIG","valueFrom":{"configMapKeyRef":{"name":"{{{configMap}}}","key":"{{{key}}}"}} }]""");
        item["spec"] = new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = labels.DeepClone() },
            ["updateStrategy"] = JsonNode.Parse("""{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":1}}"""),
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["labels"] = labels.DeepClone(),
                    ["annotations"] = new JsonObject { ["sidecar.istio.io/inject"] = "false" },
                },
                ["spec"] = new JsonObject
                {
                    ["hostNetwork"] = true,
                    ["serviceAccountName"] = account,
                    ["nodeSelector"] = new JsonObject { ["kubernetes.io/os"] = "linux" },
                    ["tolerations"] = JsonNode.Parse("""[{"operator":"Exists","effect":"NoSchedule"},{"operator":"Exists","effect":"NoExecute"}]"""),
                    ["terminationGracePeriodSeconds"] = 5,
                    ["containers"] = new JsonArray(container),
                    ["volumes"] = JsonNode.Parse($$$"""
                        [{"name":"cni-bin-dir","hostPath":{"path":"{{{binDir}}}"}},{"name":"cni-net-dir","hostPath":{"path":"{{{confDir}}}"}}]
                        """),
                },
            },
        };
        return item;
    }

    private static JsonArray Containers((string Name, string Image)[] containers) =>
        new([.. containers.Select(container => new JsonObject { ["name"] = container.Name, ["image"] = container.Image })]);
}
