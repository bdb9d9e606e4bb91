using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Operators.Banzai;

/// <summary>
/// What Banzai's operator 1.1 makes of an Istio resource, in the order in which it does. All the names and kinds that were observed, but four of
/// the 55 definitions and none of the 24 objects of Mixer: nothing looks at the others, and each definition costs the API server a tenth of a second.
/// </summary>
internal sealed class BanzaiObjects(JsonObject istio, IAdmissionEndpoints admission)
{
    private readonly string _ns = (string)istio["metadata"]!["namespace"]!;
    private readonly JsonNode _spec = istio["spec"]!;

    /// <inheritdoc cref="BanzaiOperator.AgentScript"/>
    public string? AgentScript { get; init; }

    /// <summary>Collection, object, and whether it should be there.</summary>
    public IEnumerable<(string Collection, JsonObject Item, bool Wanted)> All() =>
        [.. Definitions(), .. Common(), .. Citadel(), .. Galley(), .. Pilot(), .. Gateways(), .. Mixer(), .. Cni(), .. SidecarInjector()];

    /// <summary>
    /// What it makes on a remote cluster: <c>reconcile_remote_istio.go</c>, and the roles as <c>rbac.go</c> of each component has them, so that the API server
    /// judges whether the account may grant them.
    /// </summary>
    public IEnumerable<(string Collection, JsonObject Item, bool Wanted)> Remote()
    {
        string[] ofMesh = ["MeshPolicy", "DestinationRule"];
        foreach ((string collection, JsonObject item, bool wanted) in ((string, JsonObject, bool)[])[.. Common(), .. Citadel(), .. Cni(), .. SidecarInjector(), .. Gateways()])
        {
            if (ofMesh.Contains((string)item["kind"]!))
                continue;
            if ((string)item["kind"]! == "ClusterRole" && RemoteRules.TryGetValue((string)item["metadata"]!["name"]!, out string? rules))
                item["rules"] = JsonNode.Parse(rules);
            yield return (collection, item, wanted);
        }
        foreach (string gateway in (string[])["istio-ingressgateway", "istio-egressgateway"])
        {
            bool wanted = Json.Flag(_spec, "gateways", "enabled") == true;
            yield return (RoleCollection("clusterroles"), MeshObjects.ClusterRole($"{gateway}-cluster-role", null, RemoteRules["gateways"]), wanted);
            yield return (RoleCollection("clusterrolebindings"),
                MeshObjects.ClusterRoleBinding($"{gateway}-cluster-role-binding", null, $"{gateway}-cluster-role", _ns, $"{gateway}-service-account"), wanted);
        }
    }

    private static readonly Dictionary<string, string> RemoteRules = new(StringComparer.Ordinal)
    {
        ["istio-citadel-cluster-role"] = """
            [{"apiGroups":[""],"resources":["configmaps"],"verbs":["create","get","update"]},
             {"apiGroups":[""],"resources":["secrets"],"verbs":["create","get","watch","list","update","delete"]},
             {"apiGroups":[""],"resources":["serviceaccounts","services"],"verbs":["get","watch","list"]},
             {"apiGroups":["authentication.k8s.io"],"resources":["tokenreviews"],"verbs":["create"]}]
            """,
        ["istio-sidecar-injector-cluster-role"] = """
            [{"apiGroups":[""],"resources":["configmaps"],"verbs":["get","watch","list"]},
             {"apiGroups":["admissionregistration.k8s.io"],"resources":["mutatingwebhookconfigurations"],"verbs":["get","list","watch","patch"]}]
            """,
        ["gateways"] = """[{"apiGroups":["networking.istio.io"],"resources":["virtualservices","destinationrules","gateways"],"verbs":["get","watch","list","update"]}]""",
    };

    private static string RoleCollection(string plural) => $"apis/rbac.authorization.k8s.io/v1/{plural}";

    /// <summary>Where in a namespace its objects are.</summary>
    public static IEnumerable<string> Collections(string ns) =>
    [
        $"apis/apps/v1/namespaces/{ns}/deployments", $"apis/apps/v1/namespaces/{ns}/daemonsets", $"api/v1/namespaces/{ns}/services",
        $"api/v1/namespaces/{ns}/configmaps", $"api/v1/namespaces/{ns}/serviceaccounts", $"apis/autoscaling/v1/namespaces/{ns}/horizontalpodautoscalers",
        $"apis/policy/v1beta1/namespaces/{ns}/poddisruptionbudgets", $"apis/networking.istio.io/v1alpha3/namespaces/{ns}/destinationrules",
    ];

    public bool CniEnabled => Json.Flag(_spec, "sidecarInjector", "initCNIConfiguration", "enabled") == true;

    private string Core(string plural) => $"api/v1/namespaces/{_ns}/{plural}";

    private string Group(string group, string plural) => $"apis/{group}/namespaces/{_ns}/{plural}";

    private string Apps(string plural) => Group("apps/v1", plural);

    private static IEnumerable<(string, JsonObject, bool)> Definitions()
    {
        const string collection = "apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        yield return (collection, MeshObjects.Definition("authentication.istio.io", "v1alpha1", "MeshPolicy", "meshpolicies", false), true);
        yield return (collection, MeshObjects.Definition("networking.istio.io", "v1alpha3", "DestinationRule", "destinationrules", true), true);
        yield return (collection, MeshObjects.Definition("networking.istio.io", "v1alpha3", "Gateway", "gateways", true), true);
        yield return (collection, MeshObjects.Definition("networking.istio.io", "v1alpha3", "VirtualService", "virtualservices", true), true);
    }

    private IEnumerable<(string, JsonObject, bool)> Common()
    {
        var mesh = new StringBuilder();
        mesh.Append("accessLogFile: /dev/stdout\nconnectTimeout: 10s\ndefaultConfig:\n  discoveryAddress: istio-pilot.").Append(_ns).Append(":15010\n");
        bool tracing = Json.Flag(_spec, "tracing", "enabled") == true;
        if (tracing)
            mesh.Append("  tracing:\n    zipkin:\n      address: ").Append(Json.Text(_spec, "tracing", "zipkin", "address")).Append('\n');
        mesh.Append("enableTracing: ").Append(tracing ? "true" : "false").Append("\noutboundTrafficPolicy:\n  mode: ")
            .Append(Json.Text(_spec, "outboundTrafficPolicy", "mode")).Append('\n');
        yield return (Core("configmaps"), MeshObjects.ConfigMap("istio", new JsonObject { ["app"] = "istio" }, ("mesh", mesh.ToString()), ("meshNetworks", "networks: {}\n")), true);
    }

    private IEnumerable<(string, JsonObject, bool)> Citadel()
    {
        foreach (var item in Component("citadel", "citadel", "istio-citadel", Json.Text(_spec, "citadel", "image")!, null, ("grpc-citadel", 8060), ("http-monitoring", 15014)))
            yield return item;
        JsonObject policy = MeshObjects.Named("authentication.istio.io/v1alpha1", "MeshPolicy", "default");
        policy["spec"] = Json.Flag(_spec, "mtls") == true ? Json.Parse("""{"peers":[{"mtls":{}}]}""") : Json.Parse("""{"peers":[{"mtls":{"mode":"PERMISSIVE"}}]}""");
        yield return ("apis/authentication.istio.io/v1alpha1/meshpolicies", policy, true);
        foreach ((string name, string host) in ((string, string)[])[("default", "*.local"), ("api-server", "kubernetes.default.svc.cluster.local")])
        {
            JsonObject rule = MeshObjects.Named("networking.istio.io/v1alpha3", "DestinationRule", name);
            string mode = name == "default" ? "ISTIO_MUTUAL" : "DISABLE";
            rule["spec"] = Json.Parse($$$"""{"host":"{{{host}}}","trafficPolicy":{"tls":{"mode":"{{{mode}}}"}} }""");
            yield return (Group("networking.istio.io/v1alpha3", "destinationrules"), rule, Json.Flag(_spec, "mtls") == true);
        }
    }

    private IEnumerable<(string, JsonObject, bool)> Galley()
    {
        foreach (var item in Component("galley", "galley", "istio-galley", Json.Text(_spec, "galley", "image")!, "galley", ("https-validation", 443)))
            yield return item;
        yield return (Core("configmaps"), MeshObjects.ConfigMap("istio-galley-configuration", null, ("validatingwebhookconfiguration.yaml", "")), true);
    }

    private IEnumerable<(string, JsonObject, bool)> Pilot()
    {
        foreach (var item in Component("pilot", "pilot", "istio-pilot", Json.Text(_spec, "pilot", "image")!, "pilot", ("grpc-xds", 15010), ("http-monitoring", 15014)))
            yield return item;
        yield return Autoscaler("pilot", "istio-pilot");
    }

    private IEnumerable<(string, JsonObject, bool)> Gateways()
    {
        foreach (string gateway in (string[])["ingress", "egress"])
        {
            string name = $"istio-{gateway}gateway";
            bool wanted = Json.Flag(_spec, "gateways", "enabled") == true && Json.Flag(_spec, "gateways", gateway, "enabled") == true;
            JsonNode settings = _spec["gateways"]![gateway]!;
            var selector = new JsonObject { ["app"] = name, ["istio"] = $"{gateway}gateway" };
            yield return (Core("serviceaccounts"), MeshObjects.ServiceAccount($"{name}-service-account"), wanted);
            // Without a number of its own: that is the autoscaler's.
            yield return (Apps("deployments"),
                MeshObjects.Deployment(name, selector, selector, $"{name}-service-account", null, ("istio-proxy", Json.Text(_spec, "proxy", "image")!)), wanted);
            JsonObject service = MeshObjects.Service(name, selector, selector);
            service["spec"]!["type"] = Json.Text(settings, "serviceType");
            service["spec"]!["ports"] = settings["ports"]!.DeepClone();
            if (Json.At(settings, "serviceAnnotations") is JsonObject annotations)
                service["metadata"]!["annotations"] = annotations.DeepClone();
            if (Json.Text(settings, "loadBalancerIP") is { Length: > 0 } address)
                service["spec"]!["loadBalancerIP"] = address;
            yield return (Core("services"), service, wanted);
            yield return (Group("autoscaling/v2beta1", "horizontalpodautoscalers"),
                MeshObjects.Autoscaler($"{name}-autoscaler", name, (int)settings["minReplicas"]!, (int)settings["maxReplicas"]!), wanted);
            yield return Budget(name, selector, wanted);
        }
    }

    private IEnumerable<(string, JsonObject, bool)> Mixer()
    {
        foreach (string part in (string[])["policy", "telemetry"])
        {
            foreach (var item in Component(part, "mixer", $"istio-{part}", Json.Text(_spec, "mixer", "image")!, part == "policy" ? "mixer" : null, ("grpc-mixer", 9091)))
                yield return item;
            yield return Autoscaler("mixer", $"istio-{part}");
        }
    }

    private IEnumerable<(string, JsonObject, bool)> Cni()
    {
        bool wanted = CniEnabled;
        JsonNode cni = _spec["sidecarInjector"]!["initCNIConfiguration"]!;
        var labels = new JsonObject { ["app"] = "istio-cni", ["k8s-app"] = "istio-cni-node" };
        yield return (Core("serviceaccounts"), MeshObjects.ServiceAccount("istio-cni"), wanted);
        yield return ("apis/rbac.authorization.k8s.io/v1/clusterroles",
            MeshObjects.ClusterRole("istio-cni", null, """[{"apiGroups":[""],"resources":["pods","nodes"],"verbs":["get"]}]"""), wanted);
        yield return ("apis/rbac.authorization.k8s.io/v1/clusterrolebindings", MeshObjects.ClusterRoleBinding("istio-cni", null, "istio-cni", _ns, "istio-cni"), wanted);
        var config = new JsonObject
        {
            ["type"] = "istio-cni",
            ["log_level"] = Json.Text(cni, "logLevel"),
            ["kubernetes"] = new JsonObject
            {
                ["kubeconfig"] = "__KUBECONFIG_FILEPATH__",
                ["cni_bin_dir"] = Json.Text(cni, "binDir"),
                ["exclude_namespaces"] = cni["excludeNamespaces"]?.DeepClone(),
            },
        };
        yield return (Core("configmaps"), MeshObjects.ConfigMap("istio-cni-config", null, ("cni_network_config", config.ToJsonString())), wanted);
        JsonObject set = MeshObjects.CniDaemonSet("istio-cni-node", labels, "istio-cni", Json.Text(cni, "image")!, "istio-cni-config", "cni_network_config",
            Json.Text(cni, "binDir")!, Json.Text(cni, "confDir")!);
        set["spec"]!["template"]!["spec"]!["nodeSelector"] = new JsonObject { ["beta.kubernetes.io/os"] = "linux" };
        if (AgentScript is not null)
            set["spec"]!["template"]!["spec"]!["containers"]![0]!["command"] = new JsonArray("sh", "-c", AgentScript);
        yield return (Apps("daemonsets"), set, wanted);
    }

    private IEnumerable<(string, JsonObject, bool)> SidecarInjector()
    {
        bool wanted = Json.Flag(_spec, "sidecarInjector", "enabled") == true;
        var template = new StringBuilder("initContainers:\n[[ if ne (annotation .ObjectMeta `sidecar.istio.io/interceptionMode` .ProxyConfig.InterceptionMode) \"NONE\" ]]\n");
        if (!CniEnabled)
        {
            template.Append("- name: istio-init\n  image: ").Append(Json.Text(_spec, "proxyInit", "image")).Append("\n  args:\n  - \"-i\"\n  - \"[[ annotation .ObjectMeta ")
                .Append("`traffic.sidecar.istio.io/includeOutboundIPRanges` \"").Append(Json.Text(_spec, "includeIPRanges")).Append("\" ]]\"\n  - \"-x\"\n  - \"[[ annotation .ObjectMeta ")
                .Append("`traffic.sidecar.istio.io/excludeOutboundIPRanges` \"").Append(Json.Text(_spec, "excludeIPRanges")).Append("\" ]]\"\n");
        }
        template.Append("[[ end -]]\ncontainers:\n- name: istio-proxy\n  image: \"[[ annotation .ObjectMeta `sidecar.istio.io/proxyImage` \"").Append(Json.Text(_spec, "proxy", "image"))
            .Append("\" ]]\"\n  imagePullPolicy: ").Append(Json.Text(_spec, "imagePullPolicy")).Append('\n');
        string policy = Json.Flag(_spec, "sidecarInjector", "autoInjectionPolicyEnabled") == true ? "enabled" : "disabled";
        string config = $"policy: {policy}\ntemplate: |\n  {template.ToString().TrimEnd().Replace("\n", "\n  ", StringComparison.Ordinal)}\n";
        yield return (Core("configmaps"), MeshObjects.ConfigMap("istio-sidecar-injector", null, ("config", config)), wanted);

        const string name = "istio-sidecar-injector";
        var selector = new JsonObject { ["istio"] = "sidecar-injector" };
        foreach (var item in Accounts("sidecar-injector", name))
            yield return (item.Item1, item.Item2, wanted);
        yield return (Apps("deployments"), MeshObjects.Deployment(name, selector, selector, $"{name}-service-account", (int?)_spec["sidecarInjector"]!["replicaCount"],
            ("sidecar-injector-webhook", Json.Text(_spec, "sidecarInjector", "image")!)), wanted);
        JsonObject service = MeshObjects.Named("v1", "Service", name, selector);
        service["spec"] = admission.ServiceSpec(selector);
        yield return (Core("services"), service, wanted);
        JsonObject webhook = MeshObjects.Named("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", name, new JsonObject { ["app"] = "istio-sidecar-injector" });
        webhook["webhooks"] = JsonNode.Parse($$$"""
            [{"name":"sidecar-injector.istio.io","failurePolicy":"Fail","sideEffects":"None","admissionReviewVersions":["v1","v1beta1"],"timeoutSeconds":10,
              "clientConfig":{"caBundle":"{{{admission.CaBundle}}}","service":{"name":"{{{name}}}","namespace":"{{{_ns}}}","path":"/inject","port":{{{admission.Port}}} }},
              "namespaceSelector":{"matchLabels":{"istio-injection":"enabled"}},
              "rules":[{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"],"scope":"*"}]}]
            """);
        yield return ("apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", webhook, wanted);
    }

    /// <summary>Account, role, Deployment and Service of a part that is always on.</summary>
    private IEnumerable<(string, JsonObject, bool)> Component(string label, string setting, string name, string image, string? budget, params (string, int)[] ports)
    {
        bool wanted = Json.Flag(_spec, setting, "enabled") != false;
        var selector = new JsonObject { ["istio"] = label };
        foreach (var item in Accounts(label, name))
            yield return (item.Item1, item.Item2, wanted);
        bool scaled = Json.At(_spec, setting, "minReplicas") is not null;
        yield return (Apps("deployments"), MeshObjects.Deployment(name, selector, selector, $"{name}-service-account",
            scaled ? null : (int?)Json.At(_spec, setting, "replicaCount"), (label == "pilot" ? "discovery" : label, image)), wanted);
        yield return (Core("services"), MeshObjects.Service(name, selector, selector, ports), wanted);
        if (budget is not null)
            yield return Budget(name, selector, wanted);
    }

    private IEnumerable<(string, JsonObject)> Accounts(string label, string name)
    {
        string role = $"{name}-cluster-role";
        yield return (Core("serviceaccounts"), MeshObjects.ServiceAccount($"{name}-service-account"));
        if (name is "istio-telemetry")
            yield break;
        yield return ("apis/rbac.authorization.k8s.io/v1/clusterroles",
            MeshObjects.ClusterRole(role, new JsonObject { ["app"] = label }, """[{"apiGroups":[""],"resources":["pods","services","endpoints","nodes","namespaces"],"verbs":["get","list","watch"]}]"""));
        yield return ("apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            MeshObjects.ClusterRoleBinding($"{name}-cluster-role-binding", new JsonObject { ["app"] = label }, role, _ns, $"{name}-service-account"));
    }

    private (string, JsonObject, bool) Autoscaler(string setting, string deployment) =>
        (Group("autoscaling/v2beta1", "horizontalpodautoscalers"),
            MeshObjects.Autoscaler($"{deployment}-autoscaler", deployment, (int)_spec[setting]!["minReplicas"]!, (int)_spec[setting]!["maxReplicas"]!),
            Json.Flag(_spec, setting, "enabled") != false);

    private (string, JsonObject, bool) Budget(string name, JsonObject selector, bool wanted) =>
        (Group("policy/v1beta1", "poddisruptionbudgets"), MeshObjects.DisruptionBudget(name, selector), wanted && Json.Flag(_spec, "defaultPodDisruptionBudget", "enabled") == true);
}
