using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Samples;

/// <summary>The version of Istio's routing API that a cluster serves: <c>v1</c> from Istio 1.22, <c>v1beta1</c> from 1.5, <c>v1alpha3</c> before.</summary>
/// <param name="Gateways">The Gateway resource.</param>
/// <param name="VirtualServices">The VirtualService resource.</param>
internal sealed record IstioRoutingApi(KubeResource Gateways, KubeResource VirtualServices)
{
    private const string Group = "networking.istio.io";

    private static readonly string[] NewestFirst = ["v1", "v1beta1", "v1alpha3"];

    /// <summary>Asks the server; null when it serves none.</summary>
    public static async Task<IstioRoutingApi?> FindAsync(KubeClient client, CancellationToken cancel)
    {
        foreach (string version in NewestFirst)
        {
            string apiVersion = $"{Group}/{version}";
            KubeResource? gateways = await client.FindResourceAsync(apiVersion, "Gateway", cancel).ConfigureAwait(false);
            KubeResource? virtualServices = gateways is null ? null : await client.FindResourceAsync(apiVersion, "VirtualService", cancel).ConfigureAwait(false);
            if (gateways is not null && virtualServices is not null)
                return new IstioRoutingApi(gateways, virtualServices);
        }
        return null;
    }

    /// <summary>Asks the server, and fails when it serves none.</summary>
    /// <exception cref="MeshException">Istio's resource definitions are missing (<c>IstioApiNotFound</c>).</exception>
    public static async Task<IstioRoutingApi> RequireAsync(KubeClient client, CancellationToken cancel) =>
        await FindAsync(client, cancel).ConfigureAwait(false)
        ?? throw new MeshException("IstioApiNotFound", FailureKind.NotSupported,
            $"{client.Endpoint.Server} serves neither Gateway nor VirtualService of {Group} ({string.Join(", ", NewestFirst)}).",
            "Install Istio first, or leave out -WithGateway.", client.Endpoint.Server);
}
