using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Core.Mesh.Changes;

namespace IstioAdmin.Commands;

/// <summary>What an administrator gives as <c>-Spec</c>: a hashtable, YAML or JSON text, or the path of a file with it.</summary>
internal static class SpecInput
{
    private static readonly PowerShellJson Json = new("-Spec", "SpecInvalid", "Give a hashtable, YAML text, or the path of a file with YAML.");

    /// <exception cref="MeshException">It cannot be read.</exception>
    public static MeshSpec? Read(SessionState session, object? input) => PowerShellJson.Unwrap(input) switch
    {
        null => null,
        string text => FromText(session, text),
        // The lines of Get-Content.
        string[] lines => MeshSpec.Parse(string.Join('\n', lines), "-Spec"),
        object[] lines when lines.All(line => PowerShellJson.Unwrap(line) is string) => MeshSpec.Parse(string.Join('\n', lines.Select(line => (string)PowerShellJson.Unwrap(line)!)), "-Spec"),
        var other => Json.Convert(input) is JsonObject map ? new MeshSpec(map) : throw Json.Invalid($"is a {other.GetType().Name}"),
    };

    private static MeshSpec FromText(SessionState session, string text)
    {
        // A path has no line breaks, and YAML that says anything has a colon followed by a space or a line break.
        bool isText = text.Contains('\n', StringComparison.Ordinal) || text.Contains(": ", StringComparison.Ordinal) || text.TrimStart().StartsWith('{') || text.TrimEnd().EndsWith(':');
        if (isText)
            return MeshSpec.Parse(text, "-Spec");
        string path = FilePath.Of(session, text, "-Spec");
        try
        {
            return MeshSpec.Parse(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("SpecFileUnreadable", e is FileNotFoundException or DirectoryNotFoundException ? FailureKind.NotFound : FailureKind.InvalidInput,
                $"-Spec '{text}' cannot be read: {e.Message}", "Give a hashtable, YAML text, or the path of a file with YAML.", text, e);
        }
    }
}
