using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Cni.Switching;

/// <summary>The template from which sidecars are injected: whether new pods get an istio-init of it.</summary>
/// <param name="Name">The ConfigMap, with its namespace.</param>
/// <param name="UsesInit">Whether pods get an istio-init that writes rules.</param>
internal sealed record InjectorTemplate(string Name, bool UsesInit)
{
    /// <summary>
    /// Where releases keep the flag that the template asks: banzaicloud/istio-operator release-1.9 pkg/resources/sidecarinjector
    /// (global.proxy_init.cniEnabled); istio/istio release-1.10 to 1.23 and banzaicloud release-1.17 istiod-injector-configmap.yaml (istio_cni.enabled);
    /// istio/istio since 1.23 (pilot.cni.enabled).
    /// </summary>
    private static readonly string[][] Flags = [["global", "proxy_init", "cniEnabled"], ["istio_cni", "enabled"], ["pilot", "cni", "enabled"]];

    /// <summary>Reads the template of a mesh.</summary>
    /// <returns>Null when there is no ConfigMap of it.</returns>
    /// <exception cref="MeshException">It could not be read.</exception>
    public static async Task<InjectorTemplate?> ReadAsync(KubeClient client, CniTarget target, CancellationToken cancel)
    {
        string ns = target.ControlPlaneNamespace;
        foreach (string name in target.Operator.Cni.InjectorConfigMaps(target.Resources.Mesh))
        {
            if (await client.GetAsync(KubeResource.ConfigMaps, ns, name, cancel).ConfigureAwait(false) is { } map)
                return new InjectorTemplate($"{ns}/{name}", HasInit(map));
        }
        return null;
    }

    /// <summary>Whether a ConfigMap's template gives pods an istio-init. The oldest leave it out of the text; newer ones ask a flag of the values.</summary>
    internal static bool HasInit(JsonObject map)
    {
        JsonNode? values = Parse(map.At("data", "values").Text());
        bool[] flags = [.. Flags.Select(path => values.At(path).Flag()).OfType<bool>()];
        return flags.Length > 0
            ? !flags.Contains(true)
            : map.At("data", "config").Text()?.Contains("istio-init", StringComparison.Ordinal) == true;
    }

    private static JsonNode? Parse(string? text)
    {
        if (text is null)
            return null;
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
