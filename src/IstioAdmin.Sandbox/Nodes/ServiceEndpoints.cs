using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>The pods behind Services, as their Endpoints tell them.</summary>
internal sealed class ServiceEndpoints
{
    private readonly Informer _services;
    private readonly Informer _endpoints;

    /// <param name="informers">The cluster; asked before they begin.</param>
    public ServiceEndpoints(Informers informers)
    {
        _services = informers.Of("api/v1/services");
        _endpoints = informers.Of("api/v1/endpoints");
    }

    /// <summary>All Services.</summary>
    public IEnumerable<JsonObject> Services => _services.All();

    /// <summary>A Service; null when there is none.</summary>
    public JsonObject? Find(string ns, string name) => _services.Find(ns, name);

    /// <summary>The Service that has an address, its own or that of its load balancer; null when none has.</summary>
    public JsonObject? At(string address) => _services.All().FirstOrDefault(one => Json.Text(one, "spec", "clusterIP") == address
        || Meta.Items(one, "status", "loadBalancer", "ingress").Any(ingress => Json.Text(ingress, "ip") == address));

    /// <summary>Where connections to a port of a Service may end: its ready pods, by address; none when it has no such port.</summary>
    public IEnumerable<(string Address, ushort Port)> Ready(JsonObject? service, int port)
    {
        JsonObject? declared = Meta.Items(service, "spec", "ports").FirstOrDefault(one => Meta.Int(one, "port") == port);
        if (service is null || declared is null || _endpoints.Find(Informer.KeyOf(service)) is not { } endpoints)
            return [];
        return from subset in Meta.Items(endpoints, "subsets")
               let target = Meta.Items(subset, "ports").FirstOrDefault(one => (Json.Text(one, "name") ?? "") == (Json.Text(declared, "name") ?? ""))
               where target is not null
               from ready in Meta.Items(subset, "addresses")
               let address = Json.Text(ready, "ip")
               where address is not null
               orderby address
               select (address, (ushort)(Meta.Int(target, "port") ?? 0));
    }
}
