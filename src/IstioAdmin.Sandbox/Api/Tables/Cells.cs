using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Tables;

/// <summary>Pieces that many tables' cells are made of (<c>kubernetes/pkg/printers/internalversion/printers.go</c>).</summary>
internal static class Cells
{
    /// <summary>What stands for nothing.</summary>
    public const string None = "<none>";

    /// <summary>An object's name.</summary>
    public static JsonNode? Name(JsonObject item) => item.TextAt("metadata.name");

    /// <summary>How old an object is.</summary>
    public static JsonNode? Age(JsonObject item, DateTimeOffset now) => HumanDuration.Since(item.TextAt("metadata.creationTimestamp"), now);

    /// <summary>A whole number; 0 when there is none.</summary>
    public static long Number(JsonNode? item, string path) => item.At(path) is JsonValue value && value.TryGetValue(out long number) ? number : 0;

    /// <summary>How many entries a list or map has.</summary>
    public static long Count(JsonNode? item, string path) => item.At(path) switch { JsonArray list => list.Count, JsonObject map => map.Count, _ => 0 };

    /// <summary>The objects of a list.</summary>
    public static IEnumerable<JsonObject> Items(JsonNode? item, string path) => (item.At(path) as JsonArray ?? []).OfType<JsonObject>();

    /// <summary>The names of the containers of a pod template, and their images.</summary>
    public static (string Names, string Images) Containers(JsonNode? item, string path = "spec.template.spec.containers")
    {
        JsonObject[] containers = [.. Items(item, path)];
        return (string.Join(',', containers.Select(container => container.TextAt("name"))), string.Join(',', containers.Select(container => container.TextAt("image"))));
    }

    /// <summary>Labels as <c>a=b,c=d</c>, sorted.</summary>
    public static string Labels(JsonNode? labels) => labels is JsonObject { Count: > 0 } map
        ? string.Join(',', map.Select(label => $"{label.Key}={label.Value.Text()}").Order(StringComparer.Ordinal))
        : None;

    /// <summary>A label selector as <c>a=b,c in (d,e)</c>; empty when it has no terms.</summary>
    public static string Selector(JsonNode? selector)
    {
        var terms = new List<(string Key, string Term)>();
        foreach ((string key, JsonNode? value) in selector.At("matchLabels") as JsonObject ?? [])
            terms.Add((key, $"{key}={value.Text()}"));
        foreach (JsonObject expression in Items(selector, "matchExpressions"))
        {
            string key = expression.TextAt("key") ?? "";
            string values = $"({string.Join(',', expression.TextsAt("values").Order(StringComparer.Ordinal))})";
            terms.Add((key, expression.TextAt("operator") switch
            {
                "In" => $"{key} in {values}",
                "NotIn" => $"{key} notin {values}",
                "DoesNotExist" => "!" + key,
                _ => key,
            }));
        }
        return string.Join(',', terms.OrderBy(term => term.Key, StringComparer.Ordinal).Select(term => term.Term));
    }

    /// <summary>A label selector, or what stands for none.</summary>
    public static string SelectorOrNone(JsonNode? selector) => Selector(selector) is { Length: > 0 } text ? text : None;

    /// <summary>The first of a list's entries, and how many more there are.</summary>
    public static string FirstOf(IReadOnlyList<string> entries, int most) => entries.Count switch
    {
        0 => None,
        var count when count > most => $"{string.Join(',', entries.Take(most))} + {count - most} more...",
        _ => string.Join(',', entries),
    };

    /// <summary>A field that may be a number, a text or a flag, as text.</summary>
    public static string? Plain(JsonNode? value) => value is null ? null : value.Text() ?? value.ToJsonString();

    /// <summary>The text at a path, or what stands for nothing.</summary>
    public static string TextOrNone(JsonNode? item, string path) => item.TextAt(path) ?? None;

    /// <summary>The addresses of a load balancer.</summary>
    public static string LoadBalancer(JsonNode? item) => string.Join(',', Items(item, "status.loadBalancer.ingress")
        .Select(entry => entry.TextAt("ip") ?? entry.TextAt("hostname")).OfType<string>().Distinct().Order(StringComparer.Ordinal));
}
