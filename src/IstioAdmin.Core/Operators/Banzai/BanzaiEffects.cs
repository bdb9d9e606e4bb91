using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Waiting;

namespace IstioAdmin.Core.Operators.Banzai;

/// <summary>What Banzai Cloud's operator makes of its Istio resource.</summary>
/// <remarks>Names and contents: banzaicloud/istio-operator release-1.1 and release-1.9, <c>pkg/resources</c>.</remarks>
internal static class BanzaiEffects
{
    private static readonly string[] RangeFields = ["includeIPRanges", "excludeIPRanges"];

    private const string ManagedInjection = "istio-operator-managed-injection";
    private const string Cni = "sidecarInjector.initCNIConfiguration";

    private static readonly IstioRelease Istiod = new(1, 5);
    private static readonly IstioRelease PeerAuthentication = new(1, 6);

    // Component of the spec, Deployment, path of its image.
    private static readonly (string Component, string Deployment, string Image)[] Components =
    [
        ("pilot", "istio-pilot", "pilot.image"),
        ("citadel", "istio-citadel", "citadel.image"),
        ("galley", "istio-galley", "galley.image"),
        ("mixer", "istio-policy", "mixer.image"),
        ("mixer", "istio-telemetry", "mixer.image"),
        ("sidecarInjector", "istio-sidecar-injector", "sidecarInjector.image"),
    ];

    public static IReadOnlyList<ExpectedEffect> Of(JsonObject mesh, string ns, string? revision)
    {
        JsonNode? spec = mesh["spec"];
        if (!IstioRelease.TryParse(spec.TextAt("version"), out IstioRelease release))
            release = new IstioRelease(1, 1);
        // Names of a control plane that is not global end in its revision.
        string suffix = revision is null ? "" : "-" + revision[..revision.LastIndexOf('.')];
        bool istiod = release >= Istiod && spec.FlagAt("istiod.enabled") != false;
        List<ExpectedEffect> effects = [.. istiod ? IstiodDeployment(spec, ns, suffix) : ControlPlane(spec, ns)];
        effects.AddRange(Gateway(spec, ns, "ingress", suffix, release));
        effects.AddRange(Gateway(spec, ns, "egress", suffix, release));
        effects.Add(MeshConfig(spec, ns, suffix));
        if (Mtls(spec, ns, release) is { } mtls)
            effects.Add(mtls);
        if (!istiod && spec.FlagAt("sidecarInjector.enabled") != false)
            effects.Add(Injector(spec, ns));
        effects.AddRange(CniPlugin(spec, ns, suffix));
        if (revision is null)
            effects.AddRange(Effects.InjectionLabels(spec.TextsAt("autoInjectionNamespaces"), ManagedInjection, "istio-injection"));
        return effects;
    }

    private static IEnumerable<ExpectedEffect> IstiodDeployment(JsonNode? spec, string ns, string suffix)
    {
        yield return Effects.Deployment(ns, "istiod" + suffix, spec.TextAt("pilot.image"));
        foreach (ExpectedEffect effect in Scaling(spec, ns, "pilot", $"istiod-autoscaler{suffix}"))
            yield return effect;
    }

    private static IEnumerable<ExpectedEffect> ControlPlane(JsonNode? spec, string ns)
    {
        foreach ((string component, string deployment, string image) in Components)
        {
            // From 1.3 on mixer's two parts have settings of their own.
            string part = component == "mixer" && spec.At(deployment["istio-".Length..]) is not null ? deployment["istio-".Length..] : component;
            yield return spec.FlagAt($"{part}.enabled") == false
                ? Effects.Absent(MeshResources.Deployments, ns, deployment)
                : Effects.Deployment(ns, deployment, spec.TextAt(part == component ? image : $"{part}.image"));
        }
        if (spec.FlagAt("pilot.enabled") == false)
            yield break;
        foreach (ExpectedEffect effect in Scaling(spec, ns, "pilot", "istio-pilot-autoscaler"))
            yield return effect;
        if (spec.FlagAt("defaultPodDisruptionBudget.enabled") is { } budget)
            yield return Effects.Budget(ns, "istio-pilot", budget);
    }

    private static IEnumerable<ExpectedEffect> Gateway(JsonNode? spec, string ns, string gateway, string suffix, IstioRelease release)
    {
        string path = $"gateways.{gateway}";
        string name = $"istio-{gateway}gateway{suffix}";
        if (spec.FlagAt("gateways.enabled") == false || spec.FlagAt($"{path}.enabled") == false)
        {
            yield return Effects.Absent(MeshResources.Deployments, ns, name);
            yield return Effects.Absent(MeshResources.Services, ns, name);
            yield break;
        }
        // Whether a gateway is on by default changed between the lines; what the spec does not say is not waited for.
        if (spec.FlagAt($"{path}.enabled") is null && release >= Istiod)
            yield break;
        yield return Effects.Deployment(ns, name, spec.TextAt("proxy.image"));
        List<(string Path, JsonNode? Value)> service = [];
        if (spec.TextAt($"{path}.serviceType") is { } type)
            service.Add(("spec.type", type));
        if (spec.At($"{path}.serviceAnnotations") is { } annotations)
            service.Add(("metadata.annotations", annotations));
        yield return Effects.Fields(MeshResources.Services, ns, name, [.. service]);
        foreach (ExpectedEffect effect in Scaling(spec, ns, path, $"{name}-autoscaler"))
            yield return effect;
    }

    private static IEnumerable<ExpectedEffect> Scaling(JsonNode? spec, string ns, string path, string autoscaler)
    {
        List<(string Path, JsonNode? Value)> replicas = [];
        if (spec.At($"{path}.minReplicas") is { } least)
            replicas.Add(("spec.minReplicas", least));
        if (spec.At($"{path}.maxReplicas") is { } most)
            replicas.Add(("spec.maxReplicas", most));
        if (replicas.Count > 0)
            yield return Effects.Fields(MeshResources.Autoscalers, ns, autoscaler, [.. replicas]);
    }

    private static ExpectedEffect MeshConfig(JsonNode? spec, string ns, string suffix)
    {
        List<(string Path, JsonNode? Value)> fields = [];
        if (spec.TextAt("outboundTrafficPolicy.mode") is { } mode)
            fields.Add(("outboundTrafficPolicy.mode", mode));
        if (spec.FlagAt("tracing.enabled") is { } tracing)
            fields.Add(("enableTracing", tracing));
        if (spec.FlagAt("tracing.enabled") == true && spec.TextAt("tracing.tracer") is { } tracer && spec.TextAt($"tracing.{tracer}.address") is { } address)
            fields.Add(($"defaultConfig.tracing.{tracer}.address", address));
        return Effects.ConfigMapYaml(ns, $"istio{suffix}", "mesh", [.. fields]);
    }

    private static ExpectedEffect? Mtls(JsonNode? spec, string ns, IstioRelease release)
    {
        string? mode = spec.TextAt("meshPolicy.mtlsMode") ?? (spec.FlagAt("mtls") is { } mtls ? mtls ? "STRICT" : "PERMISSIVE" : null);
        if (mode is null)
            return null;
        if (release >= PeerAuthentication)
            return Effects.Fields(MeshResources.PeerAuthentications, ns, "default", ("spec.mtls.mode", mode == "DISABLED" ? "DISABLE" : mode));
        // Citadel's part of the operator makes it.
        if (spec.FlagAt("citadel.enabled") == false || mode == "DISABLED")
            return null;
        return new ExpectedEffect(MeshResources.MeshPolicies, null, "default", policy =>
        {
            if (policy is null)
                return "is not there yet";
            string? actual = ((policy.At("spec.peers") as JsonArray)?.FirstOrDefault()).TextAt("mtls.mode") ?? "STRICT";
            return actual == mode ? null : $"has mutual TLS {actual}, not {mode}";
        });
    }

    private static ExpectedEffect Injector(JsonNode? spec, string ns)
    {
        bool cni = spec.FlagAt($"{Cni}.enabled") == true;
        return Effects.ConfigMapText(ns, "istio-sidecar-injector", "config", text =>
        {
            bool init = text.Contains("name: istio-init", StringComparison.Ordinal);
            if (init == cni)
                return cni ? "still has istio-init in its template" : "does not have istio-init in its template yet";
            if (!init)
                return null;
            string? range = RangeFields.Select(field => spec.TextAt(field)).OfType<string>()
                .FirstOrDefault(ranges => !text.Contains(ranges, StringComparison.Ordinal));
            return range is null ? null : $"does not have the address ranges {range} in its template yet";
        });
    }

    private static IEnumerable<ExpectedEffect> CniPlugin(JsonNode? spec, string ns, string suffix)
    {
        if (spec.FlagAt($"{Cni}.enabled") is not { } enabled)
            yield break;
        string daemonSet = $"istio-cni-node{suffix}";
        if (!enabled)
        {
            yield return Effects.Absent(MeshResources.DaemonSets, ns, daemonSet);
            yield break;
        }
        yield return Effects.DaemonSet(ns, daemonSet);
        if (spec.At($"{Cni}.excludeNamespaces") is JsonArray excluded)
        {
            yield return Effects.ConfigMapText(ns, $"istio-cni-config{suffix}", "cni_network_config", text =>
                JsonNode.DeepEquals(Parsed(text).At("kubernetes.exclude_namespaces") ?? new JsonArray(), excluded) ? null : "does not have the excluded namespaces yet");
        }
    }

    private static JsonNode? Parsed(string json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
