using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>Says of the services behind a route whether there is anybody to answer.</summary>
internal static class IngressBackends
{
    private static readonly KubeResource Endpoints = new("", "v1", "endpoints", "Endpoints", true);

    public static async Task<IReadOnlyList<string>> DescribeAsync(KubeClient client, IngressRoute? route, CancellationToken cancel)
    {
        List<string> states = [];
        foreach (IngressDestination destination in route?.Destinations ?? [])
        {
            if (destination is { Service: { } service, Namespace: { } ns })
                states.Add(await StateAsync(client, ns, service, destination.Port, cancel).ConfigureAwait(false));
            else
                states.Add($"{destination.Host} is no Service of this cluster");
        }
        return [.. states.Distinct(StringComparer.Ordinal)];
    }

    private static async Task<string> StateAsync(KubeClient client, string ns, string name, int? port, CancellationToken cancel)
    {
        try
        {
            JsonObject? service = await client.GetAsync(KubeResource.Services, ns, name, cancel).ConfigureAwait(false);
            if (service is null)
                return $"Service {ns}/{name} does not exist";
            if (port is { } asked && !service.At("spec.ports").Objects().Any(one => one.NumberAt("port") == asked))
                return string.Create(CultureInfo.InvariantCulture, $"Service {ns}/{name} has no port {asked}");
            JsonObject[] subsets = [.. (await client.GetAsync(Endpoints, ns, name, cancel).ConfigureAwait(false)).At("subsets").Objects()];
            int ready = subsets.Sum(subset => subset.At("addresses").Objects().Count()), unready = subsets.Sum(subset => subset.At("notReadyAddresses").Objects().Count());
            return ready > 0
                ? string.Create(CultureInfo.InvariantCulture, $"Service {ns}/{name} has {ready} ready endpoints")
                : $"Service {ns}/{name} has no ready endpoints{(unready > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({unready} not ready)") : "; no pod with its labels runs")}";
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            return $"whether Service {ns}/{name} has endpoints is unknown: {e.Advice}";
        }
    }
}
