using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Kube.Yaml;

namespace IstioAdmin.Core.Pke.Connecting;

/// <summary>What the banzai command line keeps in its configuration file.</summary>
/// <remarks>Source: banzaicloud/banzai-cli <c>internal/cli/cli.go</c> and <c>cmd/root.go</c> (keys are not case-sensitive).</remarks>
internal sealed record BanzaiConfig
{
    public static BanzaiConfig None { get; } = new();

    /// <summary>The file; null when there is none.</summary>
    public string? File { get; private init; }

    public string? Endpoint { get; private init; }

    public string? Token { get; private init; }

    public string? CloudInfo { get; private init; }

    public long? OrganizationId { get; private init; }

    /// <summary>Certificates in PEM, or null.</summary>
    public string? Authority { get; private init; }

    /// <summary>Path of a file with certificates in PEM, or null.</summary>
    public string? AuthorityFile { get; private init; }

    /// <summary>SHA-256 of the only certificate that is trusted, in hexadecimal; null when nothing is pinned.</summary>
    public string? Fingerprint { get; private init; }

    public bool SkipVerify { get; private init; }

    /// <summary>Reads the configuration.</summary>
    /// <exception cref="MeshException">The file that was named does not exist, or a file cannot be read.</exception>
    public static BanzaiConfig Read(string? path, KubeEnvironment environment)
    {
        string? named = path ?? (environment.Variable("BANZAICONFIG") is { Length: > 0 } variable ? variable : null);
        string file = named ?? Path.Combine(environment.Home, ".banzai", "config.yaml");
        string text;
        try
        {
            if (named is null && !System.IO.File.Exists(file))
                return None;
            text = System.IO.File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("BanzaiConfigUnreadable", e is FileNotFoundException or DirectoryNotFoundException ? FailureKind.NotFound : FailureKind.InvalidInput,
                $"banzai's configuration '{file}' cannot be read: {e.Message}", "Correct the path, or give -Endpoint and -Token.", file, e);
        }
        return string.IsNullOrWhiteSpace(text) ? None : Parse(KubeYaml.ParseMapping(text, $"banzai's configuration '{file}'"), file);
    }

    private static BanzaiConfig Parse(JsonObject root, string file)
    {
        JsonObject pipeline = Section(root, "pipeline");
        return new BanzaiConfig
        {
            File = file,
            Endpoint = Value(pipeline, "basepath"),
            Token = Value(pipeline, "token"),
            CloudInfo = Value(Section(root, "cloudinfo"), "basepath"),
            OrganizationId = long.TryParse(Value(Section(root, "organization"), "id"), out long id) && id > 0 ? id : null,
            Authority = Value(pipeline, "tls-ca-cert"),
            AuthorityFile = Value(pipeline, "tls-ca-file"),
            Fingerprint = Value(pipeline, "tls-fingerprint"),
            SkipVerify = string.Equals(Value(pipeline, "tls-skip-verify"), "true", StringComparison.OrdinalIgnoreCase),
        };
    }

    private static JsonObject Section(JsonObject root, string name) => Find(root, name) as JsonObject ?? [];

    private static string? Value(JsonObject section, string name) => Find(section, name)?.ToString() is { Length: > 0 } text ? text : null;

    private static JsonNode? Find(JsonObject map, string name) =>
        map.FirstOrDefault(entry => string.Equals(entry.Key, name, StringComparison.OrdinalIgnoreCase)).Value;
}
