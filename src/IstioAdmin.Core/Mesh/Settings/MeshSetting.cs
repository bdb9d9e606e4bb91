using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Mesh.Settings;

/// <summary>One of the things that <see cref="MeshSettings"/> can say, as JSON, so that a dialect is a table and no code.</summary>
/// <param name="Parameter">The parameter that sets it, for messages.</param>
/// <param name="Get">What settings say of it; null for nothing.</param>
/// <param name="With">The settings that say this of it; what cannot be understood is left out.</param>
internal sealed record MeshSetting(string Parameter, Func<MeshSettings, JsonNode?> Get, Func<MeshSettings, JsonNode, MeshSettings> With)
{
    public static MeshSetting Version { get; } = new("Version", s => s.Version, (s, v) => s with { Version = Text(v) });

    public static MeshSetting Mtls { get; } = new("Mtls", s => s.Mtls, (s, v) => s with { Mtls = Flag(v) });

    public static MeshSetting AutoInjectionNamespaces { get; } = new(
        "AutoInjectionNamespace", s => List(s.AutoInjectionNamespaces), (s, v) => s with { AutoInjectionNamespaces = Texts(v) });

    public static MeshSetting IncludeIPRanges { get; } = new("IncludeIPRange", s => Ranges(s.IncludeIPRanges), (s, v) => s with { IncludeIPRanges = RangesIn(v) });

    public static MeshSetting ExcludeIPRanges { get; } = new("ExcludeIPRange", s => Ranges(s.ExcludeIPRanges), (s, v) => s with { ExcludeIPRanges = RangesIn(v) });

    public static MeshSetting OutboundTrafficPolicy { get; } = new(
        "OutboundTrafficPolicy", s => s.OutboundTrafficPolicy, (s, v) => s with { OutboundTrafficPolicy = Text(v) });

    public static MeshSetting Ingress { get; } = new("IngressType", s => s.Ingress.Enabled, (s, v) => s with { Ingress = s.Ingress with { Enabled = Flag(v) } });

    public static MeshSetting IngressType { get; } = new("IngressType", s => s.Ingress.Type, (s, v) => s with { Ingress = s.Ingress with { Type = Text(v) } });

    public static MeshSetting IngressAnnotations { get; } = new(
        "IngressAnnotation", s => Map(s.Ingress.Annotations), (s, v) => s with { Ingress = s.Ingress with { Annotations = MapIn(v) } });

    public static MeshSetting IngressMinReplicas { get; } = new(
        "IngressMinReplicas", s => s.Ingress.MinReplicas, (s, v) => s with { Ingress = s.Ingress with { MinReplicas = Number(v) } });

    public static MeshSetting IngressMaxReplicas { get; } = new(
        "IngressMaxReplicas", s => s.Ingress.MaxReplicas, (s, v) => s with { Ingress = s.Ingress with { MaxReplicas = Number(v) } });

    public static MeshSetting Egress { get; } = new("EgressType", s => s.Egress.Enabled, (s, v) => s with { Egress = s.Egress with { Enabled = Flag(v) } });

    public static MeshSetting EgressType { get; } = new("EgressType", s => s.Egress.Type, (s, v) => s with { Egress = s.Egress with { Type = Text(v) } });

    public static MeshSetting EgressAnnotations { get; } = new(
        "EgressAnnotation", s => Map(s.Egress.Annotations), (s, v) => s with { Egress = s.Egress with { Annotations = MapIn(v) } });

    public static MeshSetting EgressMinReplicas { get; } = new(
        "EgressMinReplicas", s => s.Egress.MinReplicas, (s, v) => s with { Egress = s.Egress with { MinReplicas = Number(v) } });

    public static MeshSetting EgressMaxReplicas { get; } = new(
        "EgressMaxReplicas", s => s.Egress.MaxReplicas, (s, v) => s with { Egress = s.Egress with { MaxReplicas = Number(v) } });

    public static MeshSetting PilotReplicas { get; } = new("PilotReplicas", s => s.PilotReplicas, (s, v) => s with { PilotReplicas = Number(v) });

    public static MeshSetting PilotMinReplicas { get; } = new("PilotMinReplicas", s => s.PilotMinReplicas, (s, v) => s with { PilotMinReplicas = Number(v) });

    public static MeshSetting PilotMaxReplicas { get; } = new("PilotMaxReplicas", s => s.PilotMaxReplicas, (s, v) => s with { PilotMaxReplicas = Number(v) });

    public static MeshSetting Tracing { get; } = new("Tracing", s => s.Tracing, (s, v) => s with { Tracing = Flag(v) });

    public static MeshSetting Tracer { get; } = new("Tracer", s => s.Tracer, (s, v) => s with { Tracer = Text(v) });

    public static MeshSetting TracingAddress { get; } = new("TracingAddress", s => s.TracingAddress, (s, v) => s with { TracingAddress = Text(v) });

    public static MeshSetting TraceSampling { get; } = new("TraceSampling", s => s.TraceSampling, (s, v) => s with { TraceSampling = Real(v) });

    public static MeshSetting ImagePullPolicy { get; } = new("ImagePullPolicy", s => s.ImagePullPolicy, (s, v) => s with { ImagePullPolicy = Text(v) });

    public static MeshSetting DefaultResources { get; } = new(
        "DefaultResources", s => Resources(s.DefaultResources), (s, v) => s with { DefaultResources = ResourcesIn(v) });

    public static MeshSetting PodDisruptionBudget { get; } = new(
        "PodDisruptionBudget", s => s.PodDisruptionBudget, (s, v) => s with { PodDisruptionBudget = Flag(v) });

    public static MeshSetting MeshExpansion { get; } = new("MeshExpansion", s => s.MeshExpansion, (s, v) => s with { MeshExpansion = Flag(v) });

    /// <summary>All of them.</summary>
    public static IReadOnlyList<MeshSetting> All { get; } =
    [
        Version, Mtls, AutoInjectionNamespaces, IncludeIPRanges, ExcludeIPRanges, OutboundTrafficPolicy,
        Ingress, IngressType, IngressAnnotations, IngressMinReplicas, IngressMaxReplicas,
        Egress, EgressType, EgressAnnotations, EgressMinReplicas, EgressMaxReplicas,
        PilotReplicas, PilotMinReplicas, PilotMaxReplicas,
        Tracing, Tracer, TracingAddress, TraceSampling,
        ImagePullPolicy, DefaultResources, PodDisruptionBudget, MeshExpansion,
    ];

    public override string ToString() => Parameter;

    private static string? Text(JsonNode node) => node is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;

    private static bool? Flag(JsonNode node) => node is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;

    private static int? Number(JsonNode node) => Real(node) is { } real && real == Math.Floor(real) && Math.Abs(real) <= int.MaxValue ? (int)real : null;

    // A JsonValue made in memory does not convert between the types of numbers.
    private static double? Real(JsonNode node) =>
        node.GetValueKind() == JsonValueKind.Number && double.TryParse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double real) ? real : null;

    private static IReadOnlyList<string>? Texts(JsonNode node) => node is JsonArray list ? [.. list.OfType<JsonNode>().Select(Text).OfType<string>()] : null;

    private static JsonArray? List(IReadOnlyList<string>? texts) => texts is null ? null : new JsonArray([.. texts.Select(text => JsonValue.Create(text))]);

    private static JsonValue? Ranges(IReadOnlyList<string>? ranges) => ranges is null ? null : JsonValue.Create(string.Join(',', ranges));

    private static string[]? RangesIn(JsonNode node) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : null;

    private static JsonObject? Map(IReadOnlyDictionary<string, string>? map)
    {
        if (map is null)
            return null;
        var json = new JsonObject();
        foreach ((string key, string value) in map.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            json[key] = value;
        return json;
    }

    // Quantities may stand there as numbers: cpu: 2.
    private static Dictionary<string, string>? MapIn(JsonNode? node) => node is not JsonObject map ? null
        : map.Where(entry => entry.Value is JsonValue).ToDictionary(entry => entry.Key, entry => entry.Value!.ToString(), StringComparer.Ordinal);

    private static JsonObject? Resources(ResourceSettings? resources)
    {
        if (resources is null)
            return null;
        var json = new JsonObject();
        if (resources.Requests.Count > 0)
            json["requests"] = Map(resources.Requests);
        if (resources.Limits.Count > 0)
            json["limits"] = Map(resources.Limits);
        return json;
    }

    private static ResourceSettings? ResourcesIn(JsonNode node) => node is not JsonObject map ? null
        : new ResourceSettings(MapIn(map["requests"]) ?? new Dictionary<string, string>(), MapIn(map["limits"]) ?? new Dictionary<string, string>());
}
