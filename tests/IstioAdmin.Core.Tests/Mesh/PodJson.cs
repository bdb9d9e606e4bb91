using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Tests.Mesh;

/// <summary>Pods as their JSON, for tests: a base that is valid and what a test changes about it.</summary>
internal static class PodJson
{
    public static JsonObject Pod(string name, string ns = "default", Action<JsonObject>? change = null)
    {
        var pod = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns, ["uid"] = $"uid-of-{name}" },
            ["spec"] = new JsonObject { ["nodeName"] = "node-1", ["containers"] = new JsonArray(Container("app", "app:1")) },
            ["status"] = new JsonObject { ["phase"] = "Running" },
        };
        change?.Invoke(pod);
        return pod;
    }

    /// <summary>A pod as the injector of Istio 1.1 leaves it with CNI on.</summary>
    public static JsonObject Injected(string name, string ns = "default", string image = "docker.io/istio/proxyv2:1.1.14", Action<JsonObject>? change = null) =>
        Pod(name, ns, pod =>
        {
            pod["metadata"]!["annotations"] = new JsonObject { ["sidecar.istio.io/status"] = "{}" };
            pod["spec"]!["containers"]!.AsArray().Add(Container("istio-proxy", image, c => c["args"] = new JsonArray("proxy", "sidecar")));
            change?.Invoke(pod);
        });

    public static JsonObject Container(string name, string image, Action<JsonObject>? change = null)
    {
        var container = new JsonObject { ["name"] = name, ["image"] = image };
        change?.Invoke(container);
        return container;
    }

    public static JsonObject Variable(string name, string value) => new() { ["name"] = name, ["value"] = value };

    public static JsonObject List(IEnumerable<JsonObject> pods, string? token = null, string? version = "42")
    {
        var metadata = new JsonObject { ["resourceVersion"] = version };
        if (token is not null)
            metadata["continue"] = token;
        return new JsonObject
        {
            ["kind"] = "PodList",
            ["apiVersion"] = "v1",
            ["metadata"] = metadata,
            ["items"] = new JsonArray(pods.Select(pod => (JsonNode)pod.DeepClone()).ToArray()),
        };
    }
}
