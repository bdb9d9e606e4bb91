using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Settings;
using IstioAdmin.Core.Mesh.Waiting;
using Waited = IstioAdmin.Core.Mesh.Waiting.Effects;
using IstioAdmin.Core.Operators.Banzai;

namespace IstioAdmin.Core.Operators.Cisco;

/// <summary>Meshes of the second generation, <c>servicemesh.cisco.com/v1alpha1</c>: an IstioControlPlane, with an IstioMeshGateway for each gateway.</summary>
/// <remarks>Fields: banzaicloud/istio-operator release-1.17, <c>api/v1alpha1/istiocontrolplane.proto</c>, <c>istiomeshgateway.proto</c> and <c>common.proto</c>.</remarks>
internal sealed class CiscoMesh : IMeshDialect
{
    public string DefaultName => "icp-v117x";

    // The newest of the last line; the operator takes versions of its own line only.
    public string? DefaultVersion => "1.17.8";

    public IReadOnlyList<string> KnownVersions { get; } = ["1.17.8"];

    public string Finalizer => "istio-controlplane.servicemesh.cisco.com";

    public IReadOnlyList<string> FieldManagers { get; } = ["manager", "istio-operator"];

    public IReadOnlyList<string> OperatorPods { get; } = ["app.kubernetes.io/name=istio-operator", "control-plane=controller-manager"];

    public string OperatorImage => "istio-operator";

    public TimeSpan Settling { get; } = TimeSpan.FromSeconds(2);

    public IReadOnlyList<SettingPlace> Places { get; } =
    [
        new SettingPlace.InSpec(MeshSetting.Version, "version"),
        new SettingPlace.Beside(MeshSetting.Mtls),
        new SettingPlace.Nowhere(MeshSetting.AutoInjectionNamespaces, "Create the mesh without it and label the namespaces afterwards: Enable-IstioInjection."),
        new SettingPlace.InSpec(MeshSetting.IncludeIPRanges, "proxy.includeIPRanges"),
        new SettingPlace.InSpec(MeshSetting.ExcludeIPRanges, "proxy.excludeIPRanges"),
        new SettingPlace.InSpec(MeshSetting.OutboundTrafficPolicy, "meshConfig.outboundTrafficPolicy.mode"),
        new SettingPlace.Beside(MeshSetting.Ingress),
        new SettingPlace.Beside(MeshSetting.IngressType),
        new SettingPlace.Beside(MeshSetting.IngressAnnotations),
        new SettingPlace.Beside(MeshSetting.IngressMinReplicas),
        new SettingPlace.Beside(MeshSetting.IngressMaxReplicas),
        new SettingPlace.Beside(MeshSetting.Egress),
        new SettingPlace.Beside(MeshSetting.EgressType),
        new SettingPlace.Beside(MeshSetting.EgressAnnotations),
        new SettingPlace.Beside(MeshSetting.EgressMinReplicas),
        new SettingPlace.Beside(MeshSetting.EgressMaxReplicas),
        new SettingPlace.InSpec(MeshSetting.PilotReplicas, "istiod.deployment.replicas.count"),
        new SettingPlace.InSpec(MeshSetting.PilotMinReplicas, "istiod.deployment.replicas.min"),
        new SettingPlace.InSpec(MeshSetting.PilotMaxReplicas, "istiod.deployment.replicas.max"),
        new SettingPlace.InSpec(MeshSetting.Tracing, "meshConfig.enableTracing"),
        new SettingPlace.InSpec(MeshSetting.Tracer, "proxy.tracer"),
        new SettingPlace.InSpec(MeshSetting.TracingAddress, "tracer.{tracer}.address"),
        new SettingPlace.InSpec(MeshSetting.TraceSampling, "istiod.traceSampling"),
        new SettingPlace.InSpec(MeshSetting.ImagePullPolicy, "containerImageConfiguration.imagePullPolicy"),
        new SettingPlace.Nowhere(
            MeshSetting.DefaultResources,
            "Each component has resources of its own: -Spec @{ istiod = @{ deployment = @{ resources = … } }; proxy = @{ resources = … } }."),
        // There is a budget where it says how many pods must stay (istio-discovery/values.yaml.tpl).
        new SettingPlace.InSpec(MeshSetting.PodDisruptionBudget, "istiod.deployment.podDisruptionBudget")
        {
            ToApi = value => value.GetValue<bool>() ? new JsonObject { ["minAvailable"] = 1 } : new JsonObject(),
            FromApi = value => value is JsonObject { Count: > 0 },
        },
        new SettingPlace.InSpec(MeshSetting.MeshExpansion, "meshExpansion.enabled"),
    ];

    public string NamespaceOf(JsonObject mesh) => mesh.TextAt("metadata.namespace") ?? "istio-system";

    public string? RevisionOf(JsonObject mesh) => $"{ShortRevision(mesh)}.{NamespaceOf(mesh)}";

    public bool? CniOf(JsonObject mesh) => mesh.FlagAt("spec.proxyInit.cni.enabled") ?? false;

    public MeshCondition ConditionOf(JsonObject mesh)
    {
        string? status = mesh.TextAt("status.status");
        return new MeshCondition(BanzaiStatus.StateOf(mesh, status), status, mesh.TextAt("status.errorMessage"), mesh.TextsAt("status.gatewayAddress"));
    }

    public JsonObject Draft(string name, string ns) => new()
    {
        ["apiVersion"] = IstioResources.CiscoControlPlanes.ApiVersion,
        ["kind"] = IstioResources.CiscoControlPlanes.Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        ["spec"] = new JsonObject { ["mode"] = "ACTIVE" },
    };

    public IReadOnlyList<MeshCompanion> Companions(JsonObject mesh, MeshSettings asked)
    {
        string ns = NamespaceOf(mesh);
        List<MeshCompanion> companions = [.. CiscoGateway.Of(mesh, ns, "ingress", asked.Ingress), .. CiscoGateway.Of(mesh, ns, "egress", asked.Egress)];
        if (asked.Mtls is { } mtls)
            companions.Add(PeerAuthentications.Companion(ns, mtls));
        return companions;
    }

    public IReadOnlyList<ExpectedEffect> Effects(JsonObject mesh)
    {
        JsonNode? spec = mesh["spec"];
        // A passive control plane has no istiod of its own.
        if (spec.TextAt("mode") == "PASSIVE")
            return [];
        string ns = NamespaceOf(mesh);
        string istiod = $"istiod-{ShortRevision(mesh)}";
        List<ExpectedEffect> effects =
        [
            spec.TextAt("istiod.deployment.image") is { } image
                ? Waited.Deployment(ns, istiod, image)
                : Waited.DeploymentOfVersion(ns, istiod, IstioVersion.Of(spec.TextAt("version"))),
        ];
        if (spec.At("istiod.deployment.replicas.min") is { } least && spec.At("istiod.deployment.replicas.max") is { } most && !JsonNode.DeepEquals(least, most))
            effects.Add(Waited.Fields(MeshResources.Autoscalers, ns, istiod, ("spec.minReplicas", least), ("spec.maxReplicas", most)));
        if (spec.TextAt("meshConfig.outboundTrafficPolicy.mode") is { } mode)
            effects.Add(Waited.ConfigMapYaml(ns, $"istio-{ShortRevision(mesh)}", "mesh", ("outboundTrafficPolicy.mode", mode)));
        if (CniOf(mesh) == true)
            effects.Add(Waited.DaemonSet(ns, $"istio-cni-node-{ShortRevision(mesh)}"));
        return effects;
    }

    /// <summary>The revision as it ends the names of objects.</summary>
    private static string ShortRevision(JsonObject mesh) => (mesh.TextAt("metadata.name") ?? "").Replace('.', '-');
}
