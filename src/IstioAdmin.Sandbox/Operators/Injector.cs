using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Operators;

/// <summary>
/// The sidecar injector: reads its ConfigMap at each pod, as the real one does when the file changes, and adds what the template has:
/// istio-proxy always, istio-init unless the CNI plugin does its work.
/// </summary>
internal sealed class Injector(ClusterApi api, string ns, string configMap, string? revision)
{
    /// <summary>What istio-init runs, as a shell script, where its image is a stand-in that does nothing; null leaves it to the image.</summary>
    public string? InitScript { get; init; }

    /// <summary>Whether the injector's configuration adds istio-init: by the template (1.1), or by a value that the template asks (istiod).</summary>
    public static bool AddsInit(JsonObject configMap)
    {
        string config = Json.Text(configMap, "data", "config") ?? "";
        if (Json.Text(configMap, "data", "values") is not { } values)
            return config.Contains("- name: istio-init", StringComparison.Ordinal);
        JsonNode? settings = JsonNode.Parse(values);
        return !(Json.Flag(settings, "pilot", "cni", "enabled") ?? Json.Flag(settings, "istio_cni", "enabled") ?? false);
    }

    /// <summary>Answers the webhook's request for a pod.</summary>
    public async Task<Review> ReviewAsync(JsonObject request)
    {
        JsonObject pod = request["object"]!.AsObject();
        if (Json.Text(pod, "metadata", "annotations", "sidecar.istio.io/inject") == "false"
            || Json.Text(pod, "metadata", "labels", "sidecar.istio.io/inject") == "false"
            || Json.Flag(pod, "spec", "hostNetwork") == true)
            return Review.Allowed;
        JsonObject config = await api.GetAsync($"api/v1/namespaces/{ns}/configmaps/{configMap}");
        bool init = AddsInit(config);
        bool modern = config["data"]!["values"] is not null;
        string version = modern ? "1.24.2" : "1.1.14";

        var changed = (JsonObject)pod.DeepClone();
        JsonObject spec = changed["spec"]!.AsObject();
        var initContainers = new JsonArray([.. (spec["initContainers"]?.AsArray() ?? []).Select(container => container!.DeepClone())]);
        if (init)
        {
            initContainers.Add(Json.Parse($$$"""
                {"name":"istio-init","image":"docker.io/istio/{{{(modern ? "proxyv2" : "proxy_init")}}}:{{{version}}}","args":{{{Arguments(modern)}}},
                 "securityContext":{"runAsUser":0,"capabilities":{"add":["NET_ADMIN"]}} }
                """));
            if (InitScript is not null)
                initContainers[^1]!["command"] = new JsonArray("sh", "-ec", InitScript);
        }
        else if (modern)
        {
            initContainers.Add(Json.Parse($$$"""
                {"name":"istio-validation","image":"docker.io/istio/proxyv2:{{{version}}}","args":["istio-iptables","-p","15001","-z","15006","-u","1337","-m","REDIRECT","-i","*","-x","","-b","*","-d","15090,15021,15020","--run-validation","--skip-rule-apply"],
                 "securityContext":{"runAsUser":1337}}
                """));
        }
        string[] added = [.. initContainers.Select(container => (string)container!["name"]!).Where(name => name.StartsWith("istio-", StringComparison.Ordinal))];
        spec["containers"]!.AsArray().Add(Json.Parse($$$"""
            {"name":"istio-proxy","image":"docker.io/istio/proxyv2:{{{version}}}","securityContext":{"runAsUser":1337},"args":["proxy","sidecar"]}
            """));
        var status = new JsonObject
        {
            ["initContainers"] = added.Length == 0 ? null : new JsonArray([.. added.Select(name => (JsonNode)name)]),
            ["containers"] = new JsonArray("istio-proxy"),
            ["volumes"] = new JsonArray("istio-envoy"),
            ["imagePullSecrets"] = null,
        };
        if (revision is not null)
            status["revision"] = revision;
        else
            status["version"] = "0000000000000000000000000000000000000000000000000000000000000000";
        var annotations = (JsonObject?)changed["metadata"]!["annotations"]?.DeepClone() ?? [];
        annotations["sidecar.istio.io/status"] = status.ToJsonString();
        var volumes = new JsonArray([.. (spec["volumes"]?.AsArray() ?? []).Select(volume => volume!.DeepClone())])
        {
            Json.Parse("""{"name":"istio-envoy","emptyDir":{"medium":"Memory"}}"""),
        };
        return new Review(Patch: new JsonArray(
            Operation("/metadata/annotations", annotations),
            Operation("/spec/containers", spec["containers"]!.DeepClone()),
            Operation("/spec/initContainers", initContainers),
            Operation("/spec/volumes", volumes)));
    }

    private static string Arguments(bool modern) => modern
        ? """["istio-iptables","-p","15001","-z","15006","-u","1337","-m","REDIRECT","-i","*","-x","","-b","*","-d","15090,15021,15020"]"""
        : """["-p","15001","-u","1337","-m","REDIRECT","-i","*","-x","","-b","8080","-d","15020"]""";

    // "add" replaces what is there, and need not know whether something is.
    private static JsonObject Operation(string path, JsonNode value) => new() { ["op"] = "add", ["path"] = path, ["value"] = value };
}
