using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Operators;

namespace IstioAdmin.Sandbox.Tests.Nodes;

/// <summary>Manifests of pods as injectors make them, and of CNI agents as operators make them.</summary>
internal static class Manifests
{
    private const string Status = "\"sidecar.istio.io/status\":\"{}\"";
    private const string Redirect = """
        "-p","15001","-z","15006","-u","1337","-m","REDIRECT","-i","*","-x","","-b","*","-d","15090,15021,15020"
        """;

    /// <summary>A pod of today whose init container writes the rules.</summary>
    public static string WithInit(string ns, string name, string arguments = Redirect, string more = "") => Pod(ns, name, "1.24.2",
        $$"""[{"name":"istio-init","image":"docker.io/istio/proxyv2:1.24.2","args":["istio-iptables",{{arguments}}],"securityContext":{"runAsUser":0,"capabilities":{"add":["NET_ADMIN","NET_RAW"]} } }]""", more);

    /// <summary>A pod of the first generation whose init container writes the rules.</summary>
    public static string WithOldInit(string ns, string name) => Pod(ns, name, "1.1.14",
        """[{"name":"istio-init","image":"docker.io/istio/proxy_init:1.1.14","args":["-p","15001","-u","1337","-m","REDIRECT","-i","*","-x","","-b","8080","-d","15020"],"securityContext":{"runAsUser":0,"capabilities":{"add":["NET_ADMIN"]}} }]""");

    /// <summary>A pod that relies on the CNI plugin; today's has istio-validation.</summary>
    public static string WithCni(string ns, string name, string version = "1.24.2", string more = "") => Pod(ns, name, version, version.StartsWith("1.1.", StringComparison.Ordinal) ? "[]"
        : """[{"name":"istio-validation","image":"docker.io/istio/proxyv2:1.24.2","args":["istio-iptables","--run-validation","--skip-rule-apply"],"securityContext":{"runAsUser":1337} }]""", more);

    /// <summary>A pod without a sidecar.</summary>
    public static string Plain(string ns, string name, string more = "") => $$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{name}}","namespace":"{{ns}}"},
         "spec":{"containers":[{"name":"app","image":"registry.local/app:1","ports":[{"containerPort":8080}]}]{{more}} } }
        """;

    /// <summary>The agents: account, settings, DaemonSet.</summary>
    public static string[] Agents(bool old)
    {
        JsonObject labels = Json.Parse("""{"k8s-app":"istio-cni-node"}""");
        JsonObject account = MeshObjects.ServiceAccount("istio-cni");
        JsonObject map = old
            ? MeshObjects.ConfigMap("istio-cni-config", null, ("cni_network_config",
                """{"type":"istio-cni","log_level":"info","kubernetes":{"kubeconfig":"__KUBECONFIG_FILEPATH__","cni_bin_dir":"/opt/cni/bin","exclude_namespaces":["left"]} }"""))
            : MeshObjects.ConfigMap("istio-cni-config", null, ("CHAINED_CNI_PLUGIN", "true"), ("EXCLUDE_NAMESPACES", "left"));
        JsonObject set = MeshObjects.CniDaemonSet("istio-cni-node", labels, "istio-cni", old ? "gcr.io/istio-release/install-cni:1.1.14" : "docker.io/istio/install-cni:1.24.2",
            "istio-cni-config", old ? "cni_network_config" : null, "/opt/cni/bin", "/etc/cni/net.d");
        foreach (JsonObject item in (JsonObject[])[account, map, set])
            item["metadata"]!["namespace"] = "istio-system";
        return [account.ToJsonString(), map.ToJsonString(), set.ToJsonString()];
    }

    private static string Pod(string ns, string name, string version, string inits, string more = "") => $$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{name}}","namespace":"{{ns}}","labels":{"app":"{{name}}"},"annotations":{ {{Status}} {{more}} } },
         "spec":{"initContainers":{{inits}},"containers":[
           {"name":"app","image":"registry.local/app:1","ports":[{"containerPort":8080}]},
           {"name":"istio-proxy","image":"docker.io/istio/proxyv2:{{version}}","args":["proxy","sidecar"],"securityContext":{"runAsUser":1337,"runAsGroup":1337} }]} }
        """;
}
