using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Settings;
using IstioAdmin.Core.Mesh.Waiting;
using Waited = IstioAdmin.Core.Mesh.Waiting.Effects;

namespace IstioAdmin.Core.Operators.Sail;

/// <summary>Meshes of the Sail operator, <c>sailoperator.io/v1</c>: an Istio, for the whole cluster, whose <c>values</c> are those of Istio's Helm charts.</summary>
/// <remarks>Fields: istio-ecosystem/sail-operator, <c>api/v1/istio_types.go</c> and <c>values_types.gen.go</c>.</remarks>
internal sealed class SailMesh : IMeshDialect
{
    private const string Gateways =
        "The Sail operator makes no gateways. Install them beside the mesh: Istio's Helm chart 'gateway', a Deployment whose pods have the annotation inject.istio.io/templates: gateway, or a Gateway of gateway.networking.k8s.io.";

    public string DefaultName => "default";

    // The CRD has a default of its own: the newest version that the operator knows.
    public string? DefaultVersion => null;

    // istio-ecosystem/sail-operator, pkg/istioversion/versions.yaml
    public IReadOnlyList<string> KnownVersions { get; } = ["1.26.8", "1.27.9", "1.28.10", "1.29.6", "1.30.3"];

    public string Finalizer => "sailoperator.io/sail-operator";

    public IReadOnlyList<string> FieldManagers { get; } = ["sail-operator", "manager"];

    public IReadOnlyList<string> OperatorPods { get; } = ["control-plane=sail-operator"];

    public string OperatorImage => "sail-operator";

    // Its conditions say which generation they are about.
    public TimeSpan Settling => TimeSpan.Zero;

    public IReadOnlyList<SettingPlace> Places { get; } =
    [
        new SettingPlace.InSpec(MeshSetting.Version, "version")
        {
            ToApi = value => value.GetValue<string>() is { } version && version.StartsWith('v') ? version : $"v{value.GetValue<string>()}",
            FromApi = value => value is JsonValue text && text.TryGetValue(out string? version) ? IstioVersion.Of(version) ?? version : null,
        },
        new SettingPlace.Beside(MeshSetting.Mtls),
        new SettingPlace.Nowhere(MeshSetting.AutoInjectionNamespaces, "Create the mesh without it and label the namespaces afterwards: Enable-IstioInjection."),
        new SettingPlace.InSpec(MeshSetting.IncludeIPRanges, "values.global.proxy.includeIPRanges"),
        new SettingPlace.InSpec(MeshSetting.ExcludeIPRanges, "values.global.proxy.excludeIPRanges"),
        new SettingPlace.InSpec(MeshSetting.OutboundTrafficPolicy, "values.meshConfig.outboundTrafficPolicy.mode"),
        new SettingPlace.Nowhere(MeshSetting.Ingress, Gateways),
        new SettingPlace.Nowhere(MeshSetting.IngressType, Gateways),
        new SettingPlace.Nowhere(MeshSetting.IngressAnnotations, Gateways),
        new SettingPlace.Nowhere(MeshSetting.IngressMinReplicas, Gateways),
        new SettingPlace.Nowhere(MeshSetting.IngressMaxReplicas, Gateways),
        new SettingPlace.Nowhere(MeshSetting.Egress, Gateways),
        new SettingPlace.Nowhere(MeshSetting.EgressType, Gateways),
        new SettingPlace.Nowhere(MeshSetting.EgressAnnotations, Gateways),
        new SettingPlace.Nowhere(MeshSetting.EgressMinReplicas, Gateways),
        new SettingPlace.Nowhere(MeshSetting.EgressMaxReplicas, Gateways),
        new SettingPlace.InSpec(MeshSetting.PilotReplicas, "values.pilot.replicaCount"),
        new SettingPlace.InSpec(MeshSetting.PilotMinReplicas, "values.pilot.autoscaleMin"),
        new SettingPlace.InSpec(MeshSetting.PilotMaxReplicas, "values.pilot.autoscaleMax"),
        new SettingPlace.InSpec(MeshSetting.Tracing, "values.meshConfig.enableTracing"),
        new SettingPlace.InSpec(MeshSetting.Tracer, "values.global.proxy.tracer"),
        new SettingPlace.InSpec(MeshSetting.TracingAddress, "values.meshConfig.defaultConfig.tracing.{tracer}.address"),
        new SettingPlace.InSpec(MeshSetting.TraceSampling, "values.pilot.traceSampling"),
        new SettingPlace.InSpec(MeshSetting.ImagePullPolicy, "values.global.imagePullPolicy"),
        new SettingPlace.InSpec(MeshSetting.DefaultResources, "values.global.defaultResources"),
        new SettingPlace.InSpec(MeshSetting.PodDisruptionBudget, "values.global.defaultPodDisruptionBudget.enabled"),
        new SettingPlace.Nowhere(
            MeshSetting.MeshExpansion,
            "Name mesh and network with -Spec @{ values = @{ global = @{ meshID = '…'; network = '…' } } } and install an east-west gateway with Istio's Helm chart 'gateway'."),
    ];

    public string NamespaceOf(JsonObject mesh) => mesh.TextAt("spec.namespace") ?? "istio-system";

    public string? RevisionOf(JsonObject mesh) => RevisionName(mesh) is var name && name == "default" ? null : name;

    public bool? CniOf(JsonObject mesh) => mesh.FlagAt("spec.values.pilot.cni.enabled");

    public MeshCondition ConditionOf(JsonObject mesh)
    {
        string? status = mesh.TextAt("status.state");
        JsonObject? reconciled = Condition(mesh, "Reconciled");
        JsonObject? ready = Condition(mesh, "Ready");
        JsonObject? wrong = new[] { reconciled, ready, Condition(mesh, "DependenciesHealthy") }.FirstOrDefault(c => c.TextAt("status") == "False");
        string? error = wrong is null ? null : wrong.TextAt("message") ?? wrong.TextAt("reason");
        MeshState state = mesh.At("metadata.deletionTimestamp") is not null ? MeshState.Deleting
            : reconciled is null ? MeshState.Pending
            : Number(mesh.At("status.observedGeneration")) < Number(mesh.At("metadata.generation")) ? MeshState.Reconciling
            : reconciled.TextAt("status") == "False" ? MeshState.Failed
            : ready.TextAt("status") == "True" ? MeshState.Available
            // istiod that is not ready yet is no failure.
            : MeshState.Reconciling;
        return new MeshCondition(state, status, error, []);
    }

    public JsonObject Draft(string name, string ns) => new()
    {
        ["apiVersion"] = IstioResources.SailIstios.ApiVersion,
        ["kind"] = IstioResources.SailIstios.Kind,
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject { ["namespace"] = ns },
    };

    public void Complete(JsonObject change, JsonObject? live, MeshSettings asked)
    {
        // The chart heeds the number of replicas only where nothing scales them, and scales by default (istio-discovery, values.yaml).
        if (asked.PilotMinReplicas is not null || asked.PilotMaxReplicas is not null)
            change.Put("spec.values.pilot.autoscaleEnabled", true);
        else if (asked.PilotReplicas is not null)
            change.Put("spec.values.pilot.autoscaleEnabled", false);
    }

    public IReadOnlyList<MeshCompanion> Companions(JsonObject mesh, MeshSettings asked) =>
        asked.Mtls is { } mtls ? [PeerAuthentications.Companion(NamespaceOf(mesh), mtls)] : [];

    public IReadOnlyList<ExpectedEffect> Effects(JsonObject mesh)
    {
        JsonNode? values = mesh.At("spec.values");
        string ns = NamespaceOf(mesh);
        string suffix = RevisionName(mesh) is var name && name == "default" ? "" : $"-{name}";
        string istiod = $"istiod{suffix}";
        // An alias such as v1.28-latest does not name the version that runs.
        string? version = mesh.TextAt("spec.version") is { } given && IstioVersion.Of(given) is { } plain && given.TrimStart('v') == plain && plain.Split('.').Length > 2 ? plain : null;
        bool ownImage = values.At("pilot.image") is not null || values.At("pilot.tag") is not null || values.At("global.tag") is not null;
        List<ExpectedEffect> effects = [Waited.DeploymentOfVersion(ns, istiod, ownImage ? null : version)];
        if (values.FlagAt("pilot.autoscaleEnabled") == true && values.At("pilot.autoscaleMin") is { } least && values.At("pilot.autoscaleMax") is { } most)
            effects.Add(Waited.Fields(MeshResources.Autoscalers, ns, istiod, ("spec.minReplicas", least), ("spec.maxReplicas", most)));
        if (values.TextAt("meshConfig.outboundTrafficPolicy.mode") is { } mode)
            effects.Add(Waited.ConfigMapYaml(ns, $"istio{suffix}", "mesh", ("outboundTrafficPolicy.mode", mode)));
        return effects;
    }

    /// <summary>The name of the IstioRevision that is in use; updated in place it is that of the Istio itself.</summary>
    private static string RevisionName(JsonObject mesh) =>
        mesh.TextAt("status.activeRevisionName")
        ?? (mesh.TextAt("spec.updateStrategy.type") == "RevisionBased" && mesh.TextAt("spec.version") is { } version
            ? $"{mesh.TextAt("metadata.name")}-{version.Replace('.', '-')}"
            : mesh.TextAt("metadata.name") ?? "default");

    private static JsonObject? Condition(JsonObject mesh, string type) =>
        (mesh.At("status.conditions") as JsonArray)?.OfType<JsonObject>().FirstOrDefault(condition => condition.TextAt("type") == type);

    private static long? Number(JsonNode? node) => node is JsonValue value && long.TryParse(value.ToJsonString(), out long number) ? number : null;
}
