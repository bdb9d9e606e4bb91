using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Connecting;

namespace IstioAdmin.Benchmarks;

/// <summary>Connects as the module does, warnings to standard error.</summary>
internal sealed class Connection : IReporter
{
    public static Task<MeshCluster> OpenAsync(string kubeconfig) =>
        ClusterConnector.ConnectAsync(new ConnectOptions { Kubeconfig = [kubeconfig] }, new Connection(), CancellationToken.None);

    public void Warn(string message) => Console.Error.WriteLine(message);

    public void Detail(string message)
    {
    }

    public void Progress(string activity, string status, int? percent = null)
    {
    }
}
