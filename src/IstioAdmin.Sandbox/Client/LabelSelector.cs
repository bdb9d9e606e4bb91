using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Client;

/// <summary>A label selector as objects have it: <c>matchLabels</c> and <c>matchExpressions</c> (<c>apimachinery/pkg/apis/meta/v1</c>).</summary>
internal sealed class LabelSelector
{
    private static readonly ConditionalWeakTable<JsonObject, LabelSelector> Known = [];

    private readonly List<(string Key, string Operator, IReadOnlyList<string> Values)> _requirements = [];

    private LabelSelector()
    {
    }

    /// <summary>Of a plain map that nobody changes, such as an informer's; read once.</summary>
    public static LabelSelector Shared(JsonObject labels) => Known.GetValue(labels, static map => OfMap(map));

    /// <summary>Of a selector that nobody changes, such as an informer's; read once. Null takes nothing.</summary>
    public static LabelSelector? SharedOf(JsonObject? selector) => selector is null ? null : Known.GetValue(selector, static one => Of(one)!);

    /// <summary>Whether it asks for nothing, so that it takes everything.</summary>
    public bool IsEmpty => _requirements.Count == 0;

    /// <summary>Reads a selector; null takes nothing.</summary>
    public static LabelSelector? Of(JsonNode? selector)
    {
        if (selector is not JsonObject)
            return null;
        LabelSelector made = OfMap(selector["matchLabels"] as JsonObject);
        made.AddExpressions(Meta.Items(selector, "matchExpressions"));
        return made;
    }

    /// <summary>Of a plain map, as Services have it.</summary>
    public static LabelSelector OfMap(JsonObject? labels)
    {
        var made = new LabelSelector();
        foreach ((string key, JsonNode? value) in labels ?? [])
            made._requirements.Add((key, "In", [(string?)value ?? ""]));
        return made;
    }

    /// <summary>Of expressions alone, as node affinity has them; besides the operators of labels there are Gt and Lt.</summary>
    public static LabelSelector OfExpressions(IEnumerable<JsonObject> expressions)
    {
        var made = new LabelSelector();
        made.AddExpressions(expressions);
        return made;
    }

    /// <summary>Whether labels meet it.</summary>
    public bool Matches(JsonObject? labels)
    {
        foreach ((string Key, string Operator, IReadOnlyList<string> Values) requirement in _requirements)
        {
            if (!Meets(requirement, labels?[requirement.Key] is JsonValue value && value.TryGetValue(out string? text) ? text : null))
                return false;
        }
        return true;
    }

    /// <summary>Whether labels meet it, given by name.</summary>
    public bool Matches(Func<string, string?> label) => _requirements.TrueForAll(requirement => Meets(requirement, label(requirement.Key)));

    private static bool Meets((string Key, string Operator, IReadOnlyList<string> Values) requirement, string? label) => (requirement.Operator, label) switch
    {
        ("In", { } value) => requirement.Values.Contains(value),
        ("NotIn", var value) => value is null || !requirement.Values.Contains(value),
        ("Exists", var value) => value is not null,
        ("DoesNotExist", var value) => value is null,
        ("Gt", { } value) => long.TryParse(value, out long has) && long.TryParse(requirement.Values is [var bound, ..] ? bound : null, out long than) && has > than,
        ("Lt", { } value) => long.TryParse(value, out long has) && long.TryParse(requirement.Values is [var bound, ..] ? bound : null, out long than) && has < than,
        _ => false,
    };

    private void AddExpressions(IEnumerable<JsonObject> expressions)
    {
        foreach (JsonObject expression in expressions)
            _requirements.Add((Json.Text(expression, "key") ?? "", Json.Text(expression, "operator") ?? "", Json.Texts(expression, "values")));
    }
}
