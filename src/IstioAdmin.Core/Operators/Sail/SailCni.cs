using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Operators.Sail;

/// <summary>
/// CNI in <c>sailoperator.io/v1</c>: a resource IstioCNI <c>default</c> installs the agents for the cluster, and each Istio says in its values
/// whether its injector relies on them.
/// </summary>
/// <remarks>
/// istio-ecosystem/sail-operator: api/v1/istiocni_types.go, api/v1/values_types.gen.go (CNIConfig, CNIUsageConfig), pkg/reconcile/cni.go,
/// controllers/istiorevision/istiorevision_controller.go (determineDependenciesHealthyCondition).
/// </remarks>
internal sealed class SailCni : ICniDialect
{
    private const string DefaultNamespace = "istio-cni";

    public static ICniDialect Dialect { get; } = new SailCni();

    public KubeResource? AgentResource => IstioResources.SailCnis;

    public string AgentResourceName => "default";

    // Dockerfile: the binary is /sail-operator.
    public IReadOnlyList<string> FieldManagers { get; } = ["sail-operator"];

    public string? Version(JsonObject mesh) => mesh.At("spec", "version").Text();

    public string ControlPlaneNamespace(JsonObject mesh) => mesh.At("spec", "namespace").Text() ?? "istio-system";

    public string AgentNamespace(CniResources now) => now.Agents.At("spec", "namespace").Text() ?? DefaultNamespace;

    public IReadOnlyList<string> InjectorConfigMaps(JsonObject mesh)
    {
        string revision = mesh.At("status", "activeRevisionName").Text() ?? mesh.Metadata("name") ?? "default";
        return revision == "default" ? ["istio-sidecar-injector"] : [$"istio-sidecar-injector-{revision}"];
    }

    public CniSettings Read(CniResources now)
    {
        JsonNode? values = now.Agents.At("spec", "values", "cni");
        bool? used = now.Mesh.At("spec", "values", "pilot", "cni", "enabled").Flag();
        return new CniSettings
        {
            Enabled = now.Agents is not null && used == true,
            ExcludedNamespaces = values.At("excludeNamespaces").Texts(),
            BinDir = values.At("cniBinDir").Text(),
            ConfDir = values.At("cniConfDir").Text(),
            LogLevel = values.At("logging", "level").Text(),
            Chained = values.At("chained").Flag(),
        };
    }

    public IReadOnlyList<CniChange> Enable(CniResources now, CniWish wish)
    {
        var cni = new JsonObject();
        List<string> words = [];
        if (wish.ExcludedNamespaces is { } excluded)
        {
            cni["excludeNamespaces"] = new JsonArray([.. excluded.Select(name => (JsonNode)name)]);
            words.Add($"values.cni.excludeNamespaces: [{string.Join(", ", excluded)}]");
        }
        if (wish.BinDir is { } bin)
        {
            cni["cniBinDir"] = bin;
            words.Add($"values.cni.cniBinDir: {bin}");
        }
        if (wish.ConfDir is { } conf)
        {
            cni["cniConfDir"] = conf;
            words.Add($"values.cni.cniConfDir: {conf}");
        }
        if (wish.LogLevel is { } level)
        {
            cni["logging"] = new JsonObject { ["level"] = level };
            words.Add($"values.cni.logging.level: {level}");
        }
        var spec = new JsonObject();
        if (cni.Count > 0)
            spec["values"] = new JsonObject { ["cni"] = cni };
        if (now.Agents is null)
        {
            spec["namespace"] = DefaultNamespace;
            if (Version(now.Mesh) is { } version)
            {
                spec["version"] = version;
                words.Insert(0, $"version: {version}");
            }
            words.Insert(0, $"namespace: {DefaultNamespace}");
        }
        List<CniChange> changes = [];
        if (now.Agents is null)
        {
            // The operator refuses an IstioCNI whose namespace is not there (pkg/reconcile/cni.go, Validate).
            changes.Add(new CniChange { Resource = KubeResource.Namespaces, Name = DefaultNamespace, Fields = [], Parts = CniParts.None, What = "for the agents" });
        }
        if (spec.Count > 0)
        {
            changes.Add(new CniChange
            {
                Resource = IstioResources.SailCnis,
                Name = AgentResourceName,
                Fields = new JsonObject { ["spec"] = spec },
                Parts = CniParts.Agents,
                What = string.Join(", ", words),
            });
        }
        changes.Add(Use(now.Mesh, true));
        return changes;
    }

    public IReadOnlyList<CniChange> Disable(CniResources now, bool others)
    {
        List<CniChange> changes = [Use(now.Mesh, false)];
        // In ambient mode the agents redirect pods that have no sidecar, whatever injectors do.
        bool ambient = now.Agents.At("spec", "profile").Text()?.Contains("ambient", StringComparison.Ordinal) == true
            || now.Agents.At("spec", "values", "cni", "ambient", "enabled").Flag() == true;
        if (now.Agents is not null && !others && !ambient)
        {
            changes.Add(new CniChange
            {
                Resource = IstioResources.SailCnis,
                Name = AgentResourceName,
                Parts = CniParts.Agents,
                What = "deleted",
            });
        }
        return changes;
    }

    private static CniChange Use(JsonObject mesh, bool used) => new()
    {
        Resource = IstioResources.SailIstios,
        Name = mesh.Metadata("name") ?? "",
        Fields = JsonPath.Nest(used, "spec", "values", "pilot", "cni", "enabled"),
        Parts = CniParts.Injector,
        What = $"values.pilot.cni.enabled: {(used ? "true" : "false")}",
    };
}
