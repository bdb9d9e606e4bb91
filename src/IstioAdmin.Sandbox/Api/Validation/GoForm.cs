using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Validation;

/// <summary>Values as the API server shows them in messages, where it prints its own structs (Go's <c>%#v</c>).</summary>
internal static class GoForm
{
    /// <summary>A selector, a text, or else JSON.</summary>
    public static string Show(JsonNode? value, string field)
    {
        if (value is JsonObject selector && field.EndsWith("selector", StringComparison.Ordinal))
        {
            string expressions = selector["matchExpressions"] is JsonArray list
                ? $"[]v1.LabelSelectorRequirement{{{string.Join(", ", list.Select(one => $"v1.LabelSelectorRequirement{{Key:{FieldError.Quote(one.TextAt("key") ?? "")}, Operator:{FieldError.Quote(one.TextAt("operator") ?? "")}, Values:[]string{{{string.Join(", ", one.TextsAt("values").Select(FieldError.Quote))}}}}}"))}}}"
                : "[]v1.LabelSelectorRequirement(nil)";
            return $"v1.LabelSelector{{MatchLabels:{Map(selector["matchLabels"] as JsonObject)}, MatchExpressions:{expressions}}}";
        }
        return value switch
        {
            null => "\"null\"",
            JsonValue scalar when scalar.TryGetValue(out string? text) => FieldError.Quote(text),
            _ => value.ToJsonString(),
        };
    }

    /// <summary>The ports of a service.</summary>
    public static string Ports(JsonArray ports) => $"[]core.ServicePort{{{string.Join(", ", ports.Select(Port))}}}";

    /// <summary>A port of a service.</summary>
    public static string Port(JsonNode? port)
    {
        JsonNode? target = port?["targetPort"];
        string shown = target.Text() is { } name ? $"intstr.IntOrString{{Type:1, IntVal:0, StrVal:{FieldError.Quote(name)}}}" : $"intstr.IntOrString{{Type:0, IntVal:{target.Whole() ?? 0}, StrVal:\"\"}}";
        return $"core.ServicePort{{Name:{FieldError.Quote(port.TextAt("name") ?? "")}, Protocol:{FieldError.Quote(port.TextAt("protocol") ?? "")}, AppProtocol:(*string)(nil), Port:{port.WholeAt("port") ?? 0}, TargetPort:{shown}, NodePort:{port.WholeAt("nodePort") ?? 0}}}";
    }

    /// <summary>A map of texts.</summary>
    public static string Map(JsonObject? map) => map is null ? "map[string]string(nil)"
        : $"map[string]string{{{string.Join(", ", map.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{FieldError.Quote(entry.Key)}:{FieldError.Quote(entry.Value?.ToString() ?? "")}"))}}}";
}
