using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Nodes;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>
/// The cloud's part of Services of type LoadBalancer: gives each an address of its own, or the one that it asks for, and takes it away when the type changes
/// (<c>cloud-provider/controllers/service</c>).
/// </summary>
internal sealed class LoadBalancerController : Controller
{
    private const string Path = "api/v1/services";
    private readonly Informer _services;
    private readonly ClusterFaults _faults;
    private readonly Func<int, string> _address;
    private readonly object _gate = new();
    private int _given;

    /// <param name="context">The cluster.</param>
    /// <param name="faults">Whether the cloud has addresses.</param>
    /// <param name="address">The address with a number, from 1; by default of 198.51.100.0/24 (RFC 5737) and, after these, of 203.0.113.0/24.</param>
    public LoadBalancerController(ControllerContext context, ClusterFaults faults, Func<int, string>? address = null)
        : base(context, "service-controller", 1)
    {
        _faults = faults;
        _address = address ?? (number => string.Create(CultureInfo.InvariantCulture, $"{(number / 254 % 2 == 0 ? "198.51.100" : "203.0.113")}.{(number % 254) + 1}"));
        _services = Informers.Of(Path);
        _services.OnChange((_, now) =>
        {
            if (now is not null)
                Queue.Add(Informer.KeyOf(now));
        });
        faults.Changed += () =>
        {
            foreach (JsonObject service in _services.All().Where(service => Json.Text(service, "spec", "type") == "LoadBalancer"))
                Queue.Add(Informer.KeyOf(service));
        };
    }

    protected override async Task SyncAsync(string key)
    {
        if (_services.Find(key) is not { } service || Meta.IsDeleting(service))
            return;
        bool wants = Json.Text(service, "spec", "type") == "LoadBalancer", has = Meta.Items(service, "status", "loadBalancer", "ingress").Any();
        if (wants == has)
            return;
        if (!wants)
        {
            await SetStatusAsync(_services, service, new JsonObject { ["loadBalancer"] = new JsonObject { ["ingress"] = null } }).ConfigureAwait(false);
            return;
        }
        Events.Normal(service, Name, "EnsuringLoadBalancer", "Ensuring load balancer");
        if (_faults.LoadBalancersPending)
            return;
        string address = Json.Text(service, "spec", "loadBalancerIP") is { Length: > 0 } asked && IPAddress.TryParse(asked, out _) ? asked : Next();
        await SetStatusAsync(_services, service, new JsonObject
        {
            ["loadBalancer"] = new JsonObject { ["ingress"] = new JsonArray(new JsonObject { ["ip"] = address }) },
        }).ConfigureAwait(false);
        Events.Normal(service, Name, "EnsuredLoadBalancer", "Ensured load balancer");
    }

    private string Next()
    {
        HashSet<string> taken = [.. _services.All().SelectMany(service => Meta.Items(service, "status", "loadBalancer", "ingress")).Select(ingress => Json.Text(ingress, "ip")).OfType<string>()];
        lock (_gate)
        {
            string address;
            do
            {
                address = _address(_given++);
            }
            while (taken.Contains(address) && _given < 10_000);
            return address;
        }
    }
}
