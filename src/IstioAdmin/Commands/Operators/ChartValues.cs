using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Commands;

/// <summary>What an administrator gives as <c>-Values</c> and <c>-Chart</c>.</summary>
internal static class ChartValues
{
    private const int MaxDepth = 100;

    /// <summary>Hashtables become one set of values, the later overriding the earlier at the top level; everything else is the path of a file.</summary>
    /// <exception cref="MeshException">It is neither (<c>ValuesInvalid</c>).</exception>
    public static (JsonObject? Values, IReadOnlyList<string> Files) Read(SessionState session, object[]? given)
    {
        JsonObject? values = null;
        List<string> files = [];
        foreach (object? item in given ?? [])
        {
            switch (item is PSObject shown ? shown.BaseObject : item)
            {
                case IDictionary map:
                    foreach ((string name, JsonNode? value) in ((JsonObject)ToJson(map, 0)!).ToArray())
                        (values ??= [])[name] = value?.DeepClone();
                    break;
                case string path:
                    files.Add(FilePath.Of(session, path, "-Values"));
                    break;
                case FileInfo file:
                    files.Add(file.FullName);
                    break;
                case var other:
                    throw Invalid($"-Values is a {other?.GetType().Name ?? "null"}");
            }
        }
        return (values, files);
    }

    /// <summary>A folder or file that is there becomes its full path, for Helm knows nothing of PowerShell's location; all else is a reference.</summary>
    public static string ChartPath(SessionState session, string chart)
    {
        if (chart.Contains("://", StringComparison.Ordinal))
            return chart;
        string path = FilePath.Of(session, chart, "-Chart");
        return Path.Exists(path) ? path : chart;
    }

    private static JsonNode? ToJson(object? value, int depth) => (value is PSObject shown ? shown.BaseObject : value) switch
    {
        _ when depth > MaxDepth => throw Invalid("-Values is nested too deep, or contains itself"),
        null => null,
        IDictionary map => new JsonObject(map.Cast<DictionaryEntry>().Select(entry =>
            KeyValuePair.Create(Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!, ToJson(entry.Value, depth + 1)))),
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        SwitchParameter flag => JsonValue.Create(flag.IsPresent),
        float or double or decimal => JsonValue.Create(Convert.ToDecimal(value is PSObject number ? number.BaseObject : value, CultureInfo.InvariantCulture)),
        sbyte or byte or short or ushort or int or uint or long => JsonValue.Create(Convert.ToInt64(value is PSObject number ? number.BaseObject : value, CultureInfo.InvariantCulture)),
        IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(item => ToJson(item, depth + 1))]),
        var other => throw Invalid($"-Values holds a {other.GetType().Name}, which charts have no word for"),
    };

    private static MeshException Invalid(string what) =>
        new("ValuesInvalid", FailureKind.InvalidInput, $"{what}.", "Give a hashtable of values, or paths of YAML files with values.");
}
