using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Pke.Kubeconfigs;

namespace IstioAdmin.Core.Pke.Connecting;

/// <summary>From a cluster that Pipeline tells of to a connected one.</summary>
public static class PkeKubeconfig
{
    /// <summary>Fetches a cluster's kubeconfig and connects with it. It is written nowhere.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="oidc">Log in as oneself, through OpenID Connect.</param>
    /// <param name="name">The name that the connected cluster goes by; null for the cluster's own.</param>
    /// <param name="timeout">Longest wait for each answer of the cluster.</param>
    /// <param name="reporter">Hears warnings.</param>
    /// <param name="cancel">Cancels connecting.</param>
    /// <exception cref="MeshException">The kubeconfig cannot be fetched or used, or the cluster cannot be reached.</exception>
    public static async Task<MeshCluster> ConnectAsync(PkeCluster cluster, bool oidc, string? name, TimeSpan timeout, IReporter reporter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        DownloadedKubeconfig downloaded = await DownloadedKubeconfig.FetchAsync(cluster, oidc, contextName: null, cancel).ConfigureAwait(false);
        var options = new ConnectOptions
        {
            Text = new KubeconfigText(downloaded.Text, $"kubeconfig of PKE cluster '{cluster.Name}'"),
            Name = name ?? cluster.Name,
            Timeout = timeout,
        };
        return await ClusterConnector.ConnectAsync(options, reporter, cancel).ConfigureAwait(false);
    }
}
