using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Operators.Banzai;

/// <summary>The defaults that Banzai's operator writes into a spec (release-1.1 <c>pkg/apis/istio/v1beta1/defaults.go</c>).</summary>
internal static class BanzaiDefaults
{
    private static readonly JsonObject Defaults = Json.Parse("""
        {
          "includeIPRanges": "*",
          "excludeIPRanges": "",
          "defaultResources": {"requests": {"cpu": "10m"}},
          "proxy": {"image": "docker.io/istio/proxyv2:1.1.14",
                    "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}}},
          "proxyInit": {"image": "docker.io/istio/proxy_init:1.1.14"},
          "pilot": {"enabled": true, "image": "docker.io/istio/pilot:1.1.14", "sidecar": true, "replicaCount": 1, "minReplicas": 1, "maxReplicas": 5, "traceSampling": 1},
          "citadel": {"enabled": true, "image": "docker.io/istio/citadel:1.1.14"},
          "galley": {"enabled": true, "image": "docker.io/istio/galley:1.1.14", "replicaCount": 1},
          "gateways": {
            "enabled": true,
            "ingress": {"enabled": true, "replicaCount": 1, "minReplicas": 1, "maxReplicas": 5, "serviceType": "LoadBalancer",
                        "sds": {"enabled": false, "image": "docker.io/istio/node-agent-k8s:1.1.14"},
                        "ports": [{"name": "status-port", "port": 15020, "protocol": "TCP", "targetPort": 15020, "nodePort": 31460},
                                  {"name": "http2", "port": 80, "protocol": "TCP", "targetPort": 80, "nodePort": 31380},
                                  {"name": "https", "port": 443, "protocol": "TCP", "targetPort": 443, "nodePort": 31390},
                                  {"name": "tls", "port": 15443, "protocol": "TCP", "targetPort": 15443, "nodePort": 31450}]},
            "egress": {"enabled": true, "replicaCount": 1, "minReplicas": 1, "maxReplicas": 5, "serviceType": "ClusterIP",
                       "sds": {"enabled": false, "image": "docker.io/istio/node-agent-k8s:1.1.14"},
                       "ports": [{"name": "http2", "port": 80, "protocol": "TCP", "targetPort": 80},
                                 {"name": "https", "port": 443, "protocol": "TCP", "targetPort": 443},
                                 {"name": "tls", "port": 15443, "protocol": "TCP", "targetPort": 15443}]},
            "k8singress": {"enabled": false}
          },
          "mixer": {"enabled": true, "image": "docker.io/istio/mixer:1.1.14", "replicaCount": 1, "minReplicas": 1, "maxReplicas": 5},
          "sidecarInjector": {
            "enabled": true, "autoInjectionPolicyEnabled": true, "image": "docker.io/istio/sidecar_injector:1.1.14", "replicaCount": 1, "rewriteAppHTTPProbe": false,
            "initCNIConfiguration": {"enabled": false, "image": "gcr.io/istio-release/install-cni:master-latest-daily", "binDir": "/opt/cni/bin",
                                     "confDir": "/etc/cni/net.d", "logLevel": "info"},
            "init": {"resources": {"requests": {"cpu": "10m", "memory": "10Mi"}, "limits": {"cpu": "100m", "memory": "50Mi"}}}
          },
          "sds": {"enabled": false},
          "nodeAgent": {"enabled": false, "image": "docker.io/istio/node-agent-k8s:1.1.14"},
          "defaultPodDisruptionBudget": {"enabled": false},
          "outboundTrafficPolicy": {"mode": "ALLOW_ANY"},
          "tracing": {"enabled": true, "tracer": "zipkin", "datadog": {"address": "$(HOST_IP):8126"}},
          "multiMesh": false,
          "istioCoreDNS": {"enabled": false, "image": "coredns/coredns:1.1.2", "pluginImage": "docker.io/istio/coredns-plugin:0.2-istio-1.1", "replicaCount": 1},
          "imagePullPolicy": "IfNotPresent",
          "meshExpansion": false
        }
        """);

    /// <summary>Fills in what is missing.</summary>
    public static void Apply(JsonObject istio)
    {
        string ns = (string)istio["metadata"]!["namespace"]!;
        JsonObject spec = Json.Ensure(istio, "spec");
        Fill(spec, Defaults);
        JsonObject cni = Json.Ensure(spec, "sidecarInjector", "initCNIConfiguration");
        // An empty list stays one; only null is replaced.
        cni["excludeNamespaces"] ??= new JsonArray(ns);
        JsonObject zipkin = Json.Ensure(spec, "tracing", "zipkin");
        if (string.IsNullOrEmpty((string?)zipkin["address"]))
            zipkin["address"] = $"zipkin.{ns}:9411";
    }

    private static void Fill(JsonObject target, JsonObject defaults)
    {
        foreach ((string name, JsonNode? value) in defaults)
        {
            switch (target[name], value)
            {
                case (JsonObject inner, JsonObject defaultsInner) when name is not ("requests" or "limits" or "resources" or "defaultResources"):
                    Fill(inner, defaultsInner);
                    break;
                case (null, _):
                case (JsonArray { Count: 0 }, JsonArray):
                case (JsonValue text, JsonValue) when text.TryGetValue(out string? given) && given.Length == 0:
                    target[name] = value?.DeepClone();
                    break;
            }
        }
    }
}
