using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Redirection.PacketPaths;

/// <summary>An address at which a service is ready.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port there, which need not be the service's.</param>
/// <param name="PodNamespace">Namespace of the pod that has the address; null where that is not said.</param>
/// <param name="Pod">Name of that pod; null when it is none.</param>
internal sealed record ReadyAddress(string Address, ushort Port, string? PodNamespace, string? Pod);

/// <summary>
/// Finds where a service is ready: in its EndpointSlices, or, with API servers before Kubernetes 1.21 that have them only in beta, in its Endpoints,
/// which newer ones keep but cut off at 1,000 addresses.
/// </summary>
internal static class ReadyAddresses
{
    private static readonly KubeResource EndpointSlices = new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true);
    private static readonly KubeResource Endpoints = new("", "v1", "endpoints", "Endpoints", true);

    /// <summary>Finds them; none where the service has none.</summary>
    /// <param name="client">The client.</param>
    /// <param name="ns">The service's namespace.</param>
    /// <param name="service">Its name.</param>
    /// <param name="port">The name of its port; empty for one without a name.</param>
    /// <param name="protocol"><c>TCP</c> or <c>UDP</c>.</param>
    /// <param name="cancel">Ends the work.</param>
    public static async Task<IReadOnlyList<ReadyAddress>> OfAsync(KubeClient client, string ns, string service, string port, string protocol, CancellationToken cancel)
    {
        string path = $"{EndpointSlices.Path(ns)}?labelSelector={Uri.EscapeDataString($"kubernetes.io/service-name={service}")}";
        if (await client.GetPathAsync(path, EndpointSlices.Subject("list", ns), cancel).ConfigureAwait(false) is { } slices)
            return [.. OfSlices(slices)];
        JsonObject? endpoints = await client.GetAsync(Endpoints, ns, service, cancel).ConfigureAwait(false);
        return endpoints is null ? [] : [.. OfSubsets(endpoints)];

        IEnumerable<ReadyAddress> OfSlices(JsonObject list) =>
            from slice in JsonSerializer.SerializeToElement(list).Items("items")
            from number in Ports(slice)
            from endpoint in slice.Items("endpoints")
            where endpoint.At("conditions", "ready")?.AsFlag() != false
            let addresses = endpoint.Child("addresses")?.AsTexts() ?? []
            where addresses.Count > 0
            select Of(endpoint, addresses[0], number);

        IEnumerable<ReadyAddress> OfSubsets(JsonObject found) =>
            from subset in JsonSerializer.SerializeToElement(found).Items("subsets")
            from number in Ports(subset)
            from address in subset.Items("addresses")
            let text = address.Text("ip")
            where text is not null
            select Of(address, text, number);

        IEnumerable<ushort> Ports(JsonElement holder) => holder.Items("ports")
            .Where(p => (p.Text("name") ?? "") == port && (p.Text("protocol") ?? "TCP") == protocol)
            .Select(p => (ushort)(p.Number("port") ?? 0)).Take(1);
    }

    private static ReadyAddress Of(JsonElement endpoint, string address, ushort port) => endpoint.At("targetRef") is { } target && target.Text("kind") == "Pod"
        ? new(address, port, target.Text("namespace"), target.Text("name"))
        : new(address, port, null, null);
}
