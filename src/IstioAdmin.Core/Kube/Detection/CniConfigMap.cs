using System.Text.Json;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>The ConfigMap from which the CNI DaemonSet takes the plugin's configuration, in its old and its present form.</summary>
/// <remarks>
/// Old (1.1 to 1.23): key <c>cni_network_config</c>, the plugin's JSON with <c>kubernetes.exclude_namespaces</c>
/// (banzaicloud/istio-operator release-1.1 <c>pkg/resources/cni/configmap.go</c>; istio/cni release-1.1 <c>cmd/istio-cni/main.go</c>).
/// Present: key <c>EXCLUDE_NAMESPACES</c>, separated by commas (istio/istio <c>manifests/charts/istio-cni/templates/configmap-cni.yaml</c>).
/// </remarks>
internal static class CniConfigMap
{
    private const string DefaultName = "istio-cni-config";
    private const string NetworkConfig = "cni_network_config";

    /// <summary>The name that the DaemonSet's own containers refer to.</summary>
    public static string NameIn(JsonElement daemonSet)
    {
        foreach (JsonElement container in daemonSet.At("spec", "template", "spec")?.Items("containers") ?? [])
        {
            foreach (JsonElement variable in container.Items("env"))
            {
                if (variable.At("valueFrom", "configMapKeyRef") is { } key && key.Text("key") == NetworkConfig && key.Text("name") is { } name)
                    return name;
            }
            foreach (JsonElement source in container.Items("envFrom"))
            {
                if (source.At("configMapRef")?.Text("name") is { } name)
                    return name;
            }
        }
        return DefaultName;
    }

    /// <returns>Null when the ConfigMap does not say.</returns>
    public static IReadOnlyList<string>? ExcludedNamespaces(JsonElement configMap)
    {
        if (configMap.Child("data") is not { } data)
            return null;
        if (data.Child("EXCLUDE_NAMESPACES") is { ValueKind: JsonValueKind.String } list)
            return list.GetString()!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return data.Text(NetworkConfig) is { } json ? OfNetworkConfig(json) : null;
    }

    private static IReadOnlyList<string>? OfNetworkConfig(string json)
    {
        try
        {
            using JsonDocument config = JsonDocument.Parse(json);
            // A plugin's own configuration, or a whole list of plugins of which one is ours.
            JsonElement listed = config.RootElement.Items("plugins").FirstOrDefault(p => p.Text("type") == "istio-cni");
            JsonElement plugin = listed.ValueKind == JsonValueKind.Object ? listed : config.RootElement;
            return plugin.Child("kubernetes") is { } kubernetes ? kubernetes.Child("exclude_namespaces")?.AsTexts() ?? [] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
