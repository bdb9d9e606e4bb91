using System.Text.Json.Nodes;
using k8s;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>Connects to clusters.</summary>
public static class ClusterConnector
{
    /// <summary>Connects.</summary>
    public static async Task<MeshCluster> ConnectAsync(ConnectOptions options, IReporter reporter, CancellationToken cancel)
    {
        Kubeconfig kubeconfig = await Kubeconfig.LoadAsync(options.Kubeconfig, cancel).ConfigureAwait(false);
        string context = options.Context ?? kubeconfig.CurrentContext ?? "";
        if (!kubeconfig.ContextNames.Contains(context))
            throw new MeshException("ContextNotFound", FailureKind.NotFound, $"There is no context '{context}'.", "Choose one with -Context.", context);
        var settings = KubernetesClientConfiguration.BuildConfigFromConfigObject(kubeconfig.Model, context);
        var client = new KubeClient(new Kubernetes(settings), new KubeEndpoint(context, new Uri(settings.Host), "user", settings.Namespace ?? "default"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "version");
        using HttpResponseMessage response = await client.SendAsync(request, new KubeSubject("get", "version"), cancel).ConfigureAwait(false);
        JsonNode? version = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancel).ConfigureAwait(false));
        return new MeshCluster(client) { Name = options.Name ?? context, Version = version?["gitVersion"]?.ToString() ?? "", Provider = ClusterProvider.Unknown, Istio = [] };
    }
}
