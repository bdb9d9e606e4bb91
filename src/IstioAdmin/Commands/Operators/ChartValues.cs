using System.Collections;
using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Commands;

/// <summary>What an administrator gives as <c>-Values</c> and <c>-Chart</c>.</summary>
internal static class ChartValues
{
    private static readonly PowerShellJson Json = new("-Values", "ValuesInvalid", "Give a hashtable of values, or paths of YAML files with values.");

    /// <summary>Hashtables become one set of values, the later overriding the earlier at the top level; everything else is the path of a file.</summary>
    /// <exception cref="MeshException">It is neither (<c>ValuesInvalid</c>).</exception>
    public static (JsonObject? Values, IReadOnlyList<string> Files) Read(SessionState session, object[]? given)
    {
        JsonObject? values = null;
        List<string> files = [];
        foreach (object? item in given ?? [])
        {
            switch (PowerShellJson.Unwrap(item))
            {
                case IDictionary map:
                    foreach ((string name, JsonNode? value) in ((JsonObject)Json.Convert(map)!).ToArray())
                        (values ??= [])[name] = value?.DeepClone();
                    break;
                case string path:
                    files.Add(FilePath.Of(session, path, "-Values"));
                    break;
                case FileInfo file:
                    files.Add(file.FullName);
                    break;
                case var other:
                    throw Json.Invalid($"is a {other?.GetType().Name ?? "null"}");
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
}
