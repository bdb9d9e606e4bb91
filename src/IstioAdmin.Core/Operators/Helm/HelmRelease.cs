using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Files;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Operators.Helm;

/// <summary>A release of a chart, as Helm keeps it.</summary>
internal sealed record HelmRelease(HelmProgram Helm, string Namespace, string Name)
{
    /// <summary>Stands for a release in plans; Helm keeps it in secrets.</summary>
    public static KubeResource Resource { get; } = new("helm.sh", "v3", "releases", "HelmRelease", true);

    /// <summary>Its status, for example <c>deployed</c> or <c>pending-install</c>; null when there is none.</summary>
    /// <exception cref="MeshException">Helm failed (<c>HelmFailed</c>).</exception>
    public async Task<string?> StatusAsync(CancellationToken cancel) =>
        await Helm.TryRunAsync(["status", Name, "--namespace", Namespace, "--output", "json"], cancel).ConfigureAwait(false) is { } json
            ? (string?)(Parse(json) as JsonObject)?["info"]?["status"]
            : null;

    /// <summary>The objects that its last revision installed, as Helm rendered them.</summary>
    /// <exception cref="MeshException">Helm failed (<c>HelmFailed</c>).</exception>
    public async Task<string?> ManifestAsync(CancellationToken cancel) =>
        (await Helm.TryRunAsync(["get", "manifest", Name, "--namespace", Namespace], cancel).ConfigureAwait(false))?.Trim();

    /// <summary>Installs the chart, or upgrades the release to it.</summary>
    /// <returns>The objects as Helm rendered them, and the chart's version.</returns>
    /// <exception cref="MeshException">Helm failed (<c>HelmFailed</c>).</exception>
    public async Task<(string Manifest, string? Version)> UpgradeAsync(OperatorOptions options, bool dryRun, CancellationToken cancel)
    {
        // On a command line everybody could read them.
        using LentFile? values = options.Values is { Count: > 0 } given ? LentFile.With(given.ToJsonString(), ".json") : null;
        List<string> arguments = ["upgrade", Name, options.Chart!, "--install", "--namespace", Namespace, "--create-namespace", "--output", "json"];
        if (options.Version is not null)
            arguments.AddRange(["--version", options.Version]);
        foreach (string file in options.ValueFiles)
            arguments.AddRange(["--values", file]);
        if (values is not null)
            arguments.AddRange(["--values", values.Path]);
        // Without it an upgrade forgets what an earlier one was given.
        if (values is null && options.ValueFiles.Count == 0)
            arguments.Add("--reuse-values");
        if (options.Force && Helm.TakesOwnership)
            arguments.Add("--take-ownership");
        if (options.Force && Helm.AppliesOnServer)
            arguments.Add("--force-conflicts");
        if (dryRun)
            arguments.Add(Helm.RehearsesOnServer ? "--dry-run=server" : "--dry-run");
        JsonNode? release = Parse(await Helm.RunAsync(arguments, cancel).ConfigureAwait(false));
        return (((string?)release?["manifest"] ?? "").Trim(), (string?)release?["chart"]?["metadata"]?["version"]);
    }

    /// <summary>Removes the release and its objects; definitions in the chart's <c>crds</c> folder stay, as always with Helm.</summary>
    /// <exception cref="MeshException">Helm failed (<c>HelmFailed</c>).</exception>
    public Task UninstallAsync(CancellationToken cancel) => Helm.TryRunAsync(["uninstall", Name, "--namespace", Namespace], cancel);

    /// <summary>Ends what an interrupted run left pending: the first installation goes, an upgrade falls back to the revision before it.</summary>
    /// <exception cref="MeshException">Helm failed (<c>HelmFailed</c>).</exception>
    public Task ClearAsync(string status, CancellationToken cancel) => status == "pending-install"
        ? UninstallAsync(cancel)
        : Helm.RunAsync(["rollback", Name, "--namespace", Namespace], cancel);

    private static JsonNode? Parse(string json)
    {
        try
        {
            // Warnings may stand before it.
            int start = json.IndexOf('{', StringComparison.Ordinal);
            return start < 0 ? null : JsonNode.Parse(json[start..]);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
