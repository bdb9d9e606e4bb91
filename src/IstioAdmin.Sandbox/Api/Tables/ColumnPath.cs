using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api.Tables;

/// <summary>
/// The JSONPath of a CustomResourceDefinition's column: fields, <c>['fields']</c>, <c>[indexes]</c>, <c>[*]</c> and <c>[?(@.field=="value")]</c>,
/// which is what such columns are made of (<c>client-go/util/jsonpath</c>).
/// </summary>
internal sealed class ColumnPath
{
    private readonly List<Func<JsonNode, IEnumerable<JsonNode?>>> _steps = [];

    /// <param name="path">The path; what is not understood finds nothing.</param>
    public ColumnPath(string path)
    {
        int at = 0;
        while (at < path.Length)
        {
            if (path[at] == '.')
            {
                at++;
                continue;
            }
            if (path[at] == '[')
            {
                int end = EndOfBracket(path, at);
                if (end < 0)
                {
                    _steps.Add(_ => []);
                    return;
                }
                _steps.Add(Bracket(path[(at + 1)..end].Trim()));
                at = end + 1;
                continue;
            }
            string name = "";
            for (; at < path.Length && path[at] is not ('.' or '['); at++)
            {
                if (path[at] == '\\' && at + 1 < path.Length)
                    at++;
                name += path[at];
            }
            _steps.Add(Field(name));
        }
    }

    /// <summary>The first value that it finds; null when there is none.</summary>
    public JsonNode? Find(JsonNode item)
    {
        IEnumerable<JsonNode?> found = [item];
        foreach (Func<JsonNode, IEnumerable<JsonNode?>> step in _steps)
            found = found.OfType<JsonNode>().SelectMany(step);
        return found.FirstOrDefault();
    }

    /// <summary>The cell of a column of a type.</summary>
    public JsonNode? Cell(JsonNode item, string type, DateTimeOffset now)
    {
        if (Find(item) is not { } value)
            return null;
        JsonValueKind kind = value.GetValueKind();
        return type switch
        {
            "string" => kind == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString(),
            "integer" when kind == JsonValueKind.Number => (long)value.GetValue<double>(),
            "number" when kind == JsonValueKind.Number => value.DeepClone(),
            "boolean" when kind is JsonValueKind.True or JsonValueKind.False => value.DeepClone(),
            "date" when kind == JsonValueKind.String => DateTimeOffset.TryParse(value.GetValue<string>(), CultureInfo.InvariantCulture, out _)
                ? HumanDuration.Since(value.GetValue<string>(), now)
                : "<invalid>",
            _ => null,
        };
    }

    // Brackets may hold quotes, and those brackets.
    private static int EndOfBracket(string path, int start)
    {
        char quote = '\0';
        for (int at = start + 1; at < path.Length; at++)
        {
            char c = path[at];
            if (quote != '\0')
            {
                if (c == quote)
                    quote = '\0';
            }
            else if (c is '\'' or '"')
            {
                quote = c;
            }
            else if (c == ']')
            {
                return at;
            }
        }
        return -1;
    }

    private static Func<JsonNode, IEnumerable<JsonNode?>> Bracket(string text)
    {
        if (text == "*")
            return node => node switch { JsonArray list => list, JsonObject map => map.Select(field => field.Value), _ => [] };
        if (text is ['\'' or '"', .. var name, '\'' or '"'])
            return Field(name);
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int index))
            return node => node is JsonArray list && (index < 0 ? list.Count + index : index) is var position and >= 0 && position < list.Count ? [list[position]] : [];
        if (text.StartsWith("?(@", StringComparison.Ordinal) && text.EndsWith(')'))
        {
            string condition = text[3..^1];
            int equals = condition.IndexOf("==", StringComparison.Ordinal);
            if (equals > 0)
            {
                var path = new ColumnPath(condition[..equals].Trim());
                string wanted = condition[(equals + 2)..].Trim();
                bool isText = wanted is ['\'' or '"', .., '\'' or '"'];
                wanted = isText ? wanted[1..^1] : wanted;
                return node => node is JsonArray list ? list.Where(each => each is not null && Equals(path.Find(each), wanted)) : [];
            }
        }
        return _ => [];
    }

    private static bool Equals(JsonNode? value, string wanted)
        => value is not null && (value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString()) == wanted;

    private static Func<JsonNode, IEnumerable<JsonNode?>> Field(string name) => node => node is JsonObject map && map.TryGetPropertyValue(name, out JsonNode? value) ? [value] : [];
}
