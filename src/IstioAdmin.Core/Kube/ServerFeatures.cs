using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Kube;

/// <summary>What old API servers cannot do, learned once for each client.</summary>
internal static class ServerFeatures
{
    /// <summary>Dry runs are on from Kubernetes 1.13; 1.12 refuses them, and what is older takes no notice and writes.</summary>
    private const int FirstDryRun = 13;

    private static readonly ConditionalWeakTable<KubeClient, Learned> Known = [];

    /// <summary>Whether the server has shown that it has no server-side apply.</summary>
    public static bool LacksServerSideApply(this KubeClient client) => Known.GetOrCreateValue(client).LacksApply;

    /// <summary>Remembers a <see cref="ServerSideApplyMissingException"/>.</summary>
    public static void RememberNoServerSideApply(this KubeClient client) => Known.GetOrCreateValue(client).LacksApply = true;

    /// <summary>Whether a request with <c>dryRun=All</c> changes nothing; null when the server does not tell its version.</summary>
    /// <exception cref="MeshException">The server could not be reached.</exception>
    public static async Task<bool?> KnowsDryRunAsync(this KubeClient client, CancellationToken cancel)
    {
        Learned learned = Known.GetOrCreateValue(client);
        if (learned.DryRun is { } known)
            return known;
        try
        {
            JsonObject? version = await client.GetPathAsync("version", new KubeSubject("get", "/version"), cancel).ConfigureAwait(false);
            if (IstioRelease.TryParse(version.TextAt("gitVersion"), out IstioRelease release))
                learned.DryRun = release.Minor >= FirstDryRun;
        }
        catch (MeshException e) when (e.Kind is FailureKind.Forbidden or FailureKind.Unauthenticated)
        {
            // Not told to everybody everywhere.
        }
        return learned.DryRun;
    }

    private sealed class Learned
    {
        public volatile bool LacksApply;

        public bool? DryRun { get; set; }
    }
}
