using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api.Patching;

/// <summary>JSON patches (RFC 6902).</summary>
internal static class JsonPatch
{
    private const int MostOperations = 10_000;

    /// <summary>Applies a patch; the document may be changed even when it fails.</summary>
    /// <param name="document">The document.</param>
    /// <param name="patch">The patch: a list of operations.</param>
    /// <returns>The patched document.</returns>
    /// <exception cref="ApiException">The patch is none (400), is too long (413), or cannot be applied to the document (422).</exception>
    public static JsonNode? Apply(JsonNode? document, JsonNode? patch)
    {
        if (patch is not JsonArray operations)
            throw ApiErrors.BadRequest($"json: cannot unmarshal {Sort(patch)} into Go value of type jsonpatch.Patch");
        if (operations.Count > MostOperations)
            throw new ApiException(413, "RequestEntityTooLarge", $"Request entity too large: The allowed maximum operations in a JSON patch is {MostOperations}, got {operations.Count}", new JsonObject());
        foreach (JsonNode? operation in operations)
        {
            if (operation is not JsonObject step)
                throw ApiErrors.BadRequest($"json: cannot unmarshal {Sort(operation)} into Go value of type jsonpatch.Operation");
            try
            {
                document = Apply(document, step);
            }
            catch (Exception e) when (e is FormatException or InvalidOperationException)
            {
                throw Rejected();
            }
        }
        return document;
    }

    /// <summary>The patch cannot be applied to this document.</summary>
    public static ApiException Rejected() => new(422, "Invalid", "the server rejected our request due to an error in our request", new JsonObject());

    private static JsonNode? Apply(JsonNode? document, JsonObject step)
    {
        string[] path = Path(step, "path");
        switch (step["op"] is JsonValue name && name.TryGetValue(out string? op) ? op : "")
        {
            case "add":
                return Add(document, path, Given(step));
            case "replace":
                Get(document, path);
                return path.Length == 0 ? Given(step) : Add(Remove(document, path), path, Given(step));
            case "remove":
                Get(document, path);
                return Remove(document, path);
            case "move":
                string[] from = Path(step, "from");
                if (path.Length > from.Length && path.Take(from.Length).SequenceEqual(from))
                    throw new FormatException("A value cannot move into itself.");
                JsonNode? moved = Get(document, from)?.DeepClone();
                return Add(Remove(document, from), path, moved);
            case "copy":
                return Add(document, path, Get(document, Path(step, "from"))?.DeepClone());
            case "test":
                JsonNode? wanted = step["value"];
                return JsonNode.DeepEquals(Find(document, path, out JsonNode? found) ? found : null, wanted) ? document : throw new FormatException("A test failed.");
            default:
                throw new FormatException("The operation is not known.");
        }
    }

    private static JsonNode? Given(JsonObject step) => step.TryGetPropertyValue("value", out JsonNode? value) ? value?.DeepClone() : throw new FormatException("The value is missing.");

    private static string[] Path(JsonObject step, string field)
    {
        string text = step[field] is JsonValue value && value.TryGetValue(out string? path) ? path : throw new FormatException("The path is missing.");
        if (text.Length == 0)
            return [];
        return text[0] != '/' ? throw new FormatException("A path begins with a slash.")
            : [.. text[1..].Split('/').Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
    }

    private static JsonNode? Get(JsonNode? document, string[] path) => Find(document, path, out JsonNode? found) ? found : throw new FormatException("There is no such value.");

    private static bool Find(JsonNode? document, string[] path, out JsonNode? found)
    {
        found = document;
        foreach (string name in path)
        {
            switch (found)
            {
                case JsonObject map when map.TryGetPropertyValue(name, out JsonNode? inner):
                    found = inner;
                    break;
                case JsonArray list when Index(name) is { } index && index < list.Count:
                    found = list[index];
                    break;
                default:
                    return false;
            }
        }
        return true;
    }

    private static JsonNode? Add(JsonNode? document, string[] path, JsonNode? value)
    {
        if (path.Length == 0)
            return value;
        switch (Get(document, path[..^1]))
        {
            case JsonObject map:
                map[path[^1]] = value;
                return document;
            case JsonArray list:
                int index = path[^1] == "-" ? list.Count : Index(path[^1]) ?? throw new FormatException("A list has no such place.");
                if (index > list.Count)
                    throw new FormatException("The place is beyond the list's end.");
                list.Insert(index, value);
                return document;
            default:
                throw new FormatException("There is nothing to add to.");
        }
    }

    private static JsonNode? Remove(JsonNode? document, string[] path)
    {
        if (path.Length == 0)
            return null;
        switch (Get(document, path[..^1]))
        {
            case JsonObject map:
                map.Remove(path[^1]);
                break;
            case JsonArray list:
                list.RemoveAt(Index(path[^1]) ?? throw new FormatException("A list has no such place."));
                break;
        }
        return document;
    }

    private static int? Index(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && (text == "0" || text[0] != '0') ? index : null;

    private static string Sort(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "bool",
    };
}
