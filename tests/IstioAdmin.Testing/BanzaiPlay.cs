using System.Text.Json.Nodes;

namespace IstioAdmin.Testing;

/// <summary>Plays Banzai Cloud's operator 1.1 in a <see cref="FakeMeshApi"/>: writes its defaults into a mesh's resource and makes the objects that waiting looks at.</summary>
public static class BanzaiPlay
{
    public const string Istio = "/apis/istio.banzaicloud.io/v1beta1/namespaces/istio-system/istios/istio-sample";
    public const string Manager = "manager";

    private static readonly (string Deployment, string Image)[] Deployments =
    [
        ("istio-pilot", "pilot"), ("istio-citadel", "citadel"), ("istio-galley", "galley"), ("istio-policy", "mixer"), ("istio-telemetry", "mixer"),
        ("istio-sidecar-injector", "sidecarInjector"), ("istio-ingressgateway", "proxy"), ("istio-egressgateway", "proxy"),
    ];

    /// <summary>Writes defaults where the resource says nothing, as the operator does at first sight.</summary>
    public static void FillIn(this FakeMeshApi api, string path = Istio)
    {
        JsonObject spec = api.Find(path)!["spec"]!.AsObject();
        var defaults = JsonNode.Parse("""
            {"includeIPRanges":"*","outboundTrafficPolicy":{"mode":"ALLOW_ANY"},"tracing":{"enabled":true,"tracer":"zipkin","zipkin":{"address":"zipkin.istio-system:9411"}},
             "pilot":{"enabled":true,"image":"docker.io/istio/pilot:1.1.14","minReplicas":1,"maxReplicas":5,"replicaCount":1,"traceSampling":1},
             "citadel":{"enabled":true,"image":"docker.io/istio/citadel:1.1.14"},"galley":{"enabled":true,"image":"docker.io/istio/galley:1.1.14"},
             "mixer":{"enabled":true,"image":"docker.io/istio/mixer:1.1.14"},"proxy":{"image":"docker.io/istio/proxyv2:1.1.14"},
             "sidecarInjector":{"enabled":true,"image":"docker.io/istio/sidecar_injector:1.1.14","initCNIConfiguration":{"enabled":false}},
             "gateways":{"enabled":true,"ingress":{"enabled":true,"minReplicas":1,"maxReplicas":5,"serviceType":"LoadBalancer",
                "ports":[{"name":"http2","port":80,"protocol":"TCP","targetPort":80,"nodePort":31380}]},"egress":{"enabled":true,"minReplicas":1,"maxReplicas":5,"serviceType":"ClusterIP"}},
             "defaultPodDisruptionBudget":{"enabled":false},"meshExpansion":false,"imagePullPolicy":"IfNotPresent"}
            """)!.AsObject();
        Keep(defaults, spec);
        api.Update(path, Manager, new JsonObject { ["spec"] = defaults, ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray("istio-operator.finializer.banzaicloud.io") } }.ToJsonString());
    }

    /// <summary>Sets the status.</summary>
    public static void Say(this FakeMeshApi api, string status, string error = "", string path = Istio) =>
        api.Update(path, Manager, new JsonObject { ["status"] = new JsonObject { ["Status"] = status, ["ErrorMessage"] = error, ["GatewayAddress"] = new JsonArray("127.0.0.10") } }.ToJsonString());

    /// <summary>Makes the objects that a resource wants; those that it does not want any more go.</summary>
    public static void Produce(this FakeMeshApi api, string path = Istio)
    {
        JsonObject spec = api.Find(path)!["spec"]!.AsObject();
        foreach ((string deployment, string image) in Deployments)
            api.PutDeployment("istio-system", deployment, (string)spec[image]!["image"]!);
        foreach (string gateway in new[] { "ingress", "egress" })
        {
            JsonObject wanted = spec["gateways"]![gateway]!.AsObject();
            api.Put($"/api/v1/namespaces/istio-system/services/istio-{gateway}gateway", new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = $"istio-{gateway}gateway", ["annotations"] = wanted["serviceAnnotations"]?.DeepClone() },
                ["spec"] = new JsonObject { ["type"] = wanted["serviceType"]!.DeepClone() },
            }.ToJsonString());
            Scale(api, $"istio-{gateway}gateway-autoscaler", wanted);
        }
        Scale(api, "istio-pilot-autoscaler", spec["pilot"]!.AsObject());
        bool mtls = (bool)spec["mtls"]!;
        api.Put("/apis/authentication.istio.io/v1alpha1/meshpolicies/default", mtls
            ? """{"metadata":{"name":"default"},"spec":{"peers":[{"mtls":{} }]} }"""
            : """{"metadata":{"name":"default"},"spec":{"peers":[{"mtls":{"mode":"PERMISSIVE"} }]} }""");
        api.Put("/api/v1/namespaces/istio-system/configmaps/istio", new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "istio" },
            ["data"] = new JsonObject
            {
                ["mesh"] = $"enableTracing: {((bool)spec["tracing"]!["enabled"]! ? "true" : "false")}\noutboundTrafficPolicy:\n  mode: {spec["outboundTrafficPolicy"]!["mode"]}\n"
                    + $"defaultConfig:\n  tracing:\n    zipkin:\n      address: {spec["tracing"]!["zipkin"]!["address"]}\n",
            },
        }.ToJsonString());
        api.Put("/api/v1/namespaces/istio-system/configmaps/istio-sidecar-injector", new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "istio-sidecar-injector" },
            ["data"] = new JsonObject { ["config"] = $"template: |\n  initContainers:\n  - name: istio-init\n    args: [-i, \"{spec["includeIPRanges"]}\", -x, \"{spec["excludeIPRanges"]}\"]\n" },
        }.ToJsonString());
        foreach (JsonNode? ns in spec["autoInjectionNamespaces"] as JsonArray ?? [])
        {
            if (api.Find($"/api/v1/namespaces/{ns}") is not null)
                api.Put($"/api/v1/namespaces/{ns}", $$$"""{"metadata":{"name":"{{{ns}}}","labels":{"istio-injection":"enabled","istio-operator-managed-injection":"enabled"} } }""");
        }
    }

    /// <summary>All at once: what the operator does with a resource when it has time.</summary>
    public static void Reconcile(this FakeMeshApi api, string path = Istio)
    {
        api.FillIn(path);
        api.Produce(path);
        api.Say("Available", path: path);
    }

    private static void Scale(FakeMeshApi api, string name, JsonObject wanted) =>
        api.Put($"/apis/autoscaling/v1/namespaces/istio-system/horizontalpodautoscalers/{name}", new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = new JsonObject { ["minReplicas"] = wanted["minReplicas"]!.DeepClone(), ["maxReplicas"] = wanted["maxReplicas"]!.DeepClone() },
        }.ToJsonString());

    private static void Keep(JsonObject defaults, JsonObject spec)
    {
        foreach ((string name, JsonNode? value) in spec)
        {
            if (defaults[name] is JsonObject inner && value is JsonObject given)
                Keep(inner, given);
            else
                defaults[name] = value?.DeepClone();
        }
    }
}
