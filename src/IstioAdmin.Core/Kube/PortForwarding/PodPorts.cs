using System.Globalization;
using IstioAdmin.Core.Kube.Streams;

namespace IstioAdmin.Core.Kube.PortForwarding;

/// <summary>Reaches ports of pods through the API server.</summary>
public static class PodPorts
{
    /// <summary>Connects to a port of a pod.</summary>
    /// <param name="client">The client.</param>
    /// <param name="ns">The pod's namespace.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="port">The port, of any container; it need not be declared.</param>
    /// <param name="cancel">Cancels the connecting.</param>
    /// <returns>
    /// The connection. That nothing listens on the port shows with the first read, as a <see cref="MeshException"/> with id <c>PortForwardFailed</c>.
    /// </returns>
    /// <exception cref="MeshException">As <see cref="KubeClient.SendAsync"/>.</exception>
    public static async Task<Stream> ConnectPortAsync(this KubeClient client, string ns, string pod, int port, CancellationToken cancel)
    {
        string path = new RequestPath(KubeResource.Pods.Path(ns, pod, "portforward")).With("ports", port).ToString();
        KubeSubject about = KubeResource.Pods.Subject("create", ns, pod, "portforward");
        var socket = new ChannelSocket(await client.ConnectWebSocketAsync(path, [PortForwardStream.Protocol], about, cancel).ConfigureAwait(false));
        return new PortForwardStream(socket, Failure);

        MeshException Failure(string what, Exception? cause) => new(
            "PortForwardFailed",
            FailureKind.Connection,
            string.Create(CultureInfo.InvariantCulture, $"{client.Endpoint.Server}: the connection to port {port} of pod {ns}/{pod} failed: {what}."),
            "Check that the pod runs and that a container in it listens on that port.",
            about,
            cause);
    }

    /// <summary>Listens on a local port and passes every connection on to a port of a pod.</summary>
    /// <param name="client">The client.</param>
    /// <param name="ns">The pod's namespace.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="port">The pod's port.</param>
    /// <param name="localPort">The port on this machine's loopback address; 0 for any free one.</param>
    /// <param name="onFailure">Told when a connection fails; it is closed, and the others live on. Called from any thread.</param>
    /// <param name="cancel">Cancels the start.</param>
    /// <exception cref="MeshException"><c>ObjectNotFound</c>, <c>LocalPortNotAvailable</c>, or as <see cref="KubeClient.SendAsync"/>.</exception>
    public static async Task<PortForwarder> ForwardPortAsync(
        this KubeClient client, string ns, string pod, int port, int localPort, Action<MeshException> onFailure, CancellationToken cancel)
    {
        // Better said now than with the first connection.
        if (await client.GetAsync(KubeResource.Pods, ns, pod, cancel).ConfigureAwait(false) is null)
        {
            throw new MeshException(
                "ObjectNotFound", FailureKind.NotFound, $"{client.Endpoint.Server}: there is no pod {ns}/{pod} to forward a port of.", "Check name and namespace.",
                KubeResource.Pods.Subject("get", ns, pod));
        }
        return PortForwarder.Start(cancelled => client.ConnectPortAsync(ns, pod, port, cancelled), localPort, onFailure);
    }
}
