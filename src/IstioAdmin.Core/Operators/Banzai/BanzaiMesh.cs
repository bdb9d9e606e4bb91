using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Settings;
using IstioAdmin.Core.Mesh.Waiting;

namespace IstioAdmin.Core.Operators.Banzai;

/// <summary>Meshes of Banzai Cloud's operator, <c>istio.banzaicloud.io/v1beta1</c>, of the lines 1.1 to 1.9.</summary>
/// <remarks>Fields: banzaicloud/istio-operator release-1.1 to release-1.9, <c>pkg/apis/istio/v1beta1/istio_types.go</c> and <c>defaults.go</c>.</remarks>
internal sealed class BanzaiMesh : IMeshDialect
{
    public const string FinalizerName = "istio-operator.finializer.banzaicloud.io";

    /// <summary>Where images come from that the resource does not name.</summary>
    private const string Registry = "docker.io/istio";

    /// <summary>The line from which on istiod can stand for pilot, citadel, galley and the injector.</summary>
    private static readonly IstioRelease Istiod = new(1, 5);

    /// <summary>Where the spec names images that belong to a version, and what they are called.</summary>
    private static readonly (string Path, string Image, IstioRelease? Until)[] Images =
    [
        ("pilot.image", "pilot", null),
        ("citadel.image", "citadel", Istiod),
        ("galley.image", "galley", Istiod),
        ("mixer.image", "mixer", Istiod),
        ("sidecarInjector.image", "sidecar_injector", Istiod),
        ("proxy.image", "proxyv2", null),
        ("proxyInit.image", "proxy_init", Istiod),
    ];

    public string DefaultName => "istio-sample";

    // The newest of the line that this module installs; an operator of another line refuses it, and says which versions it takes.
    public string? DefaultVersion => "1.1.14";

    // The versions that each line's operator fills in (defaults.go).
    public IReadOnlyList<string> KnownVersions { get; } = ["1.1.14", "1.2.8", "1.3.8", "1.4.9", "1.5.10", "1.6.11", "1.7.8", "1.8.6", "1.9.8"];

    public string Finalizer => FinalizerName;

    // The program's name in the operator's image.
    public IReadOnlyList<string> FieldManagers { get; } = ["manager", "istio-operator"];

    public IReadOnlyList<string> OperatorPods { get; } = ["control-plane=controller-manager", "app.kubernetes.io/name=istio-operator"];

    public string OperatorImage => "istio-operator";

    // After a change the old Available shows for 10 to 100 ms.
    public TimeSpan Settling { get; } = TimeSpan.FromSeconds(2);

    public IReadOnlyList<SettingPlace> Places { get; } =
    [
        new SettingPlace.InSpec(MeshSetting.Version, "version"),
        new SettingPlace.InSpec(MeshSetting.Mtls, "mtls"),
        new SettingPlace.InSpec(MeshSetting.AutoInjectionNamespaces, "autoInjectionNamespaces"),
        new SettingPlace.InSpec(MeshSetting.IncludeIPRanges, "includeIPRanges"),
        new SettingPlace.InSpec(MeshSetting.ExcludeIPRanges, "excludeIPRanges"),
        new SettingPlace.InSpec(MeshSetting.OutboundTrafficPolicy, "outboundTrafficPolicy.mode"),
        .. Gateway("ingress", MeshSetting.Ingress, MeshSetting.IngressType, MeshSetting.IngressAnnotations, MeshSetting.IngressMinReplicas, MeshSetting.IngressMaxReplicas),
        .. Gateway("egress", MeshSetting.Egress, MeshSetting.EgressType, MeshSetting.EgressAnnotations, MeshSetting.EgressMinReplicas, MeshSetting.EgressMaxReplicas),
        new SettingPlace.InSpec(MeshSetting.PilotReplicas, "pilot.replicaCount"),
        new SettingPlace.InSpec(MeshSetting.PilotMinReplicas, "pilot.minReplicas"),
        new SettingPlace.InSpec(MeshSetting.PilotMaxReplicas, "pilot.maxReplicas"),
        new SettingPlace.InSpec(MeshSetting.Tracing, "tracing.enabled"),
        new SettingPlace.InSpec(MeshSetting.Tracer, "tracing.tracer"),
        new SettingPlace.InSpec(MeshSetting.TracingAddress, "tracing.{tracer}.address"),
        new SettingPlace.InSpec(MeshSetting.TraceSampling, "pilot.traceSampling"),
        new SettingPlace.InSpec(MeshSetting.ImagePullPolicy, "imagePullPolicy"),
        new SettingPlace.InSpec(MeshSetting.DefaultResources, "defaultResources"),
        new SettingPlace.InSpec(MeshSetting.PodDisruptionBudget, "defaultPodDisruptionBudget.enabled"),
        new SettingPlace.InSpec(MeshSetting.MeshExpansion, "meshExpansion"),
    ];

    public string NamespaceOf(JsonObject mesh) => mesh.TextAt("metadata.namespace") ?? "istio-system";

    // From 1.6 on a control plane that is not global has a revision made of its name (istio_types.go, IsRevisionUsed).
    public string? RevisionOf(JsonObject mesh) =>
        mesh.FlagAt("spec.global") == false ? $"{mesh.TextAt("metadata.name")?.Replace('.', '-')}.{NamespaceOf(mesh)}" : null;

    public bool? CniOf(JsonObject mesh) => mesh.FlagAt("spec.sidecarInjector.initCNIConfiguration.enabled");

    public MeshCondition ConditionOf(JsonObject mesh)
    {
        string? status = mesh.TextAt("status.Status");
        return new MeshCondition(BanzaiStatus.StateOf(mesh, status), status, mesh.TextAt("status.ErrorMessage"), mesh.TextsAt("status.GatewayAddress"));
    }

    public JsonObject Draft(string name, string ns) => new()
    {
        ["apiVersion"] = IstioResources.BanzaiIstios.ApiVersion,
        ["kind"] = IstioResources.BanzaiIstios.Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        // Required, and not filled in by the operator.
        ["spec"] = new JsonObject { ["mtls"] = false },
    };

    public void Complete(JsonObject change, JsonObject? live, MeshSettings asked)
    {
        var spec = (JsonObject)change["spec"]!;
        JsonNode? before = live?["spec"];
        if (asked.Version is { } version)
            NameImages(spec, before, version);
        // From 1.4 on this decides, and mtls only where it says nothing, which is no longer so once the operator has written its defaults.
        if (asked.Mtls is { } mtls && before.At("meshPolicy.mtlsMode") is not null)
            spec.Put("meshPolicy.mtlsMode", mtls ? "STRICT" : "PERMISSIVE");
        // The gateways have a switch above their own.
        if (asked.Ingress.Enabled == true || asked.Egress.Enabled == true)
            spec.Put("gateways.enabled", true);
        FreePorts(spec, before);
    }

    public IReadOnlyList<ExpectedEffect> Effects(JsonObject mesh) => BanzaiEffects.Of(mesh, NamespaceOf(mesh), RevisionOf(mesh));

    private static IEnumerable<SettingPlace> Gateway(
        string name, MeshSetting enabled, MeshSetting type, MeshSetting annotations, MeshSetting minimum, MeshSetting maximum) =>
    [
        new SettingPlace.InSpec(enabled, $"gateways.{name}.enabled"),
        new SettingPlace.InSpec(type, $"gateways.{name}.serviceType"),
        new SettingPlace.InSpec(annotations, $"gateways.{name}.serviceAnnotations"),
        new SettingPlace.InSpec(minimum, $"gateways.{name}.minReplicas"),
        new SettingPlace.InSpec(maximum, $"gateways.{name}.maxReplicas"),
    ];

    /// <summary>
    /// The operator takes images from the spec, or, where that names none, those that it was built with; the version itself it only checks.
    /// And as it writes its defaults into the spec, a new version alone would change nothing at all.
    /// </summary>
    private static void NameImages(JsonObject spec, JsonNode? before, string version)
    {
        bool known = IstioRelease.TryParse(version, out IstioRelease release);
        foreach ((string path, string image, IstioRelease? until) in Images)
        {
            if (spec.At(path) is not null)
                continue;
            string? current = before.TextAt(path);
            if (current is null && known && until is { } end && release >= end)
                continue;
            spec.Put(path, current is null ? $"{Registry}/{image}:{version}" : Retagged(current, version));
        }
    }

    /// <summary>The image with another version in its tag, <c>registry:5000/istio/pilot:1.1.14-x</c>; one without a version in it stays.</summary>
    private static string Retagged(string image, string version) =>
        IstioVersion.OfImage(image) is not null ? $"{image[..image.LastIndexOf(':')]}:{version}" : image;

    /// <summary>
    /// The default ports name node ports, which a Service of type ClusterIP must not have: the operator would fail with
    /// <c>nodePort: Forbidden</c>. Only the ingress gateway has such defaults.
    /// </summary>
    private static void FreePorts(JsonObject spec, JsonNode? before)
    {
        if (spec.TextAt("gateways.ingress.serviceType") != "ClusterIP" || spec.At("gateways.ingress.ports") is not null)
            return;
        var ports = (before.At("gateways.ingress.ports") as JsonArray)?.DeepClone() as JsonArray ?? DefaultPorts();
        foreach (JsonObject port in ports.OfType<JsonObject>())
            port.Remove("nodePort");
        spec.Put("gateways.ingress.ports", ports);
    }

    private static JsonArray DefaultPorts() =>
        new([.. new[] { (15020, "status-port"), (80, "http2"), (443, "https"), (15443, "tls") }.Select(port => new JsonObject
        {
            ["name"] = port.Item2,
            ["port"] = port.Item1,
            ["protocol"] = "TCP",
            ["targetPort"] = port.Item1,
        })]);
}
