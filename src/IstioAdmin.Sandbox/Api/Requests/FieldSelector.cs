using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>A selector of fields: <c>a=b,c!=d</c> (<c>apimachinery/pkg/fields/selector.go</c>).</summary>
internal sealed class FieldSelector
{
    private readonly List<(string Field, string Value, bool Equal)> _terms = [];

    /// <summary>Whether every object matches.</summary>
    public bool IsEmpty => _terms.Count == 0;

    /// <summary>The name that all matches have; null when the selector names none.</summary>
    public string? Name => _terms.Find(term => term is { Field: "metadata.name", Equal: true }).Value;

    /// <summary>Reads a selector's text.</summary>
    /// <param name="text">The text; null for none.</param>
    /// <param name="type">What is selected.</param>
    /// <exception cref="ApiException">It cannot be read, or the type cannot be selected by such a field (400).</exception>
    public static FieldSelector Parse(string? text, ResourceType type)
    {
        var selector = new FieldSelector();
        foreach (string term in Split(text ?? "").Where(term => term.Length > 0))
        {
            int at = term.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
                throw ApiErrors.BadRequest($"invalid selector: '{text}'; can't understand '{term}'");
            bool equal = term[at - 1] != '!';
            string field = term[..(equal ? at : at - 1)];
            string value = term[(at + (at + 1 < term.Length && term[at + 1] == '=' && equal ? 2 : 1))..];
            SelectableFields.Check(type, field);
            selector._terms.Add((field, value.Replace("\\,", ",", StringComparison.Ordinal).Replace("\\=", "=", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal), equal));
        }
        return selector;
    }

    /// <summary>Whether an object matches.</summary>
    public bool Matches(StoredObject stored) => _terms.TrueForAll(term => (ValueOf(stored, term.Field) == term.Value) == term.Equal);

    private static string ValueOf(StoredObject stored, string field) => field switch
    {
        "metadata.name" => stored.Name,
        "metadata.namespace" => stored.Namespace,
        _ => stored.Fields.GetValueOrDefault(field, ""),
    };

    private static IEnumerable<string> Split(string text)
    {
        int start = 0;
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] == '\\')
            {
                at++;
            }
            else if (text[at] == ',')
            {
                yield return text[start..at];
                start = at + 1;
            }
        }
        yield return text[start..];
    }
}
