using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube.Yaml;
using IstioAdmin.Core.Mesh.Changes;

namespace IstioAdmin.Commands;

/// <summary>What an administrator gives as <c>-Spec</c> and the like: a hashtable, YAML or JSON text, or the path of a file with it.</summary>
internal static class SpecInput
{
    /// <exception cref="MeshException">It cannot be read.</exception>
    public static MeshSpec? Read(SessionState session, object? input) => ReadJson(session, input, "-Spec") is { } map ? new MeshSpec(map) : null;

    /// <param name="session">Where relative paths begin.</param>
    /// <param name="input">What was given.</param>
    /// <param name="what">The parameter, for messages.</param>
    /// <exception cref="MeshException">It cannot be read.</exception>
    public static JsonObject? ReadJson(SessionState session, object? input, string what) => PowerShellJson.Unwrap(input) switch
    {
        null => null,
        string text => FromText(session, text, what),
        FileInfo file => FromFile(file.FullName, file.FullName, what),
        // The lines of Get-Content.
        string[] lines => KubeYaml.ParseMapping(string.Join('\n', lines), what),
        object[] lines when lines.All(line => PowerShellJson.Unwrap(line) is string) => KubeYaml.ParseMapping(string.Join('\n', lines.Select(line => (string)PowerShellJson.Unwrap(line)!)), what),
        var other => Json(what).Convert(input) is JsonObject map ? map : throw Json(what).Invalid($"is neither text nor a hashtable, but of type {other.GetType().Name}"),
    };

    private static JsonObject FromText(SessionState session, string text, string what)
    {
        // A path has no line breaks, and YAML that says anything has a colon followed by a space or a line break.
        bool isText = text.Contains('\n', StringComparison.Ordinal) || text.Contains(": ", StringComparison.Ordinal) || text.TrimStart().StartsWith('{') || text.TrimEnd().EndsWith(':');
        return isText ? KubeYaml.ParseMapping(text, what) : FromFile(FilePath.Of(session, text, what), text, what);
    }

    private static JsonObject FromFile(string path, string given, string what)
    {
        try
        {
            return KubeYaml.ParseMapping(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("SpecFileUnreadable", e is FileNotFoundException or DirectoryNotFoundException ? FailureKind.NotFound : FailureKind.InvalidInput,
                $"{what} '{given}' cannot be read: {e.Message}", "Give a hashtable, YAML text, or the path of a file with YAML.", given, e);
        }
    }

    private static PowerShellJson Json(string what) => new(what, "SpecInvalid", "Give a hashtable, YAML text, or the path of a file with YAML.");
}
