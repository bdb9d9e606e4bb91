using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Operators;

/// <summary>The dialect of APIs that say all of CNI in one place of the mesh's own resource.</summary>
internal sealed class SpecCni : ICniDialect
{
    private readonly KubeResource _mesh;
    private readonly string[] _path;

    /// <param name="mesh">The mesh's resource.</param>
    /// <param name="path">Where in its spec.</param>
    public SpecCni(KubeResource mesh, params string[] path) => (_mesh, _path) = (mesh, path);

    public KubeResource? AgentResource => null;

    public string AgentResourceName => "";

    // Both images start the binary /manager (Dockerfile of either branch), and client-go calls itself after its binary.
    public IReadOnlyList<string> FieldManagers { get; } = ["manager"];

    public string? Version(JsonObject mesh) => mesh.At("spec", "version").Text();

    public string ControlPlaneNamespace(JsonObject mesh) => mesh.Metadata("namespace") ?? "";

    public string AgentNamespace(CniResources now) => ControlPlaneNamespace(now.Mesh);

    public IReadOnlyList<string> InjectorConfigMaps(JsonObject mesh)
    {
        // Names with a revision: release-1.9 pkg/apis/istio/v1beta1/istio_types.go, WithRevision; release-1.17
        // internal/assets/manifests/istio-discovery/templates/istiod-injector-configmap.yaml.
        string revision = (mesh.Metadata("name") ?? "").Replace('.', '-');
        return [$"istio-sidecar-injector-{revision}", $"istio-sidecar-injector-{revision}.{ControlPlaneNamespace(mesh)}", "istio-sidecar-injector"];
    }

    public CniSettings Read(CniResources now)
    {
        JsonNode? cni = now.Mesh["spec"].At(_path);
        return new CniSettings
        {
            Enabled = cni.At("enabled").Flag() == true,
            ExcludedNamespaces = cni.At("excludeNamespaces").Texts(),
            BinDir = cni.At("binDir").Text(),
            ConfDir = cni.At("confDir").Text(),
            LogLevel = cni.At("logLevel").Text(),
            Chained = cni.At("chained").Flag(),
        };
    }

    public IReadOnlyList<CniChange> Enable(CniResources now, CniWish wish)
    {
        var cni = new JsonObject { ["enabled"] = true };
        List<string> words = [$"{string.Join('.', _path)}.enabled: true"];
        if (wish.ExcludedNamespaces is { } excluded)
        {
            cni["excludeNamespaces"] = new JsonArray([.. excluded.Select(name => (JsonNode)name)]);
            words.Add($"excludeNamespaces: [{string.Join(", ", excluded)}]");
        }
        foreach ((string name, string? value) in new[] { ("binDir", wish.BinDir), ("confDir", wish.ConfDir), ("logLevel", wish.LogLevel) })
        {
            if (value is null)
                continue;
            cni[name] = value;
            words.Add($"{name}: {value}");
        }
        return [Change(now.Mesh, cni, string.Join(", ", words))];
    }

    public IReadOnlyList<CniChange> Disable(CniResources now, bool others) =>
        [Change(now.Mesh, new JsonObject { ["enabled"] = false }, $"{string.Join('.', _path)}.enabled: false")];

    private CniChange Change(JsonObject mesh, JsonObject cni, string what) => new()
    {
        Resource = _mesh,
        Namespace = mesh.Metadata("namespace"),
        Name = mesh.Metadata("name") ?? "",
        Fields = JsonPath.Nest(cni, ["spec", .. _path]),
        Parts = CniParts.Agents | CniParts.Injector,
        What = what,
    };
}
