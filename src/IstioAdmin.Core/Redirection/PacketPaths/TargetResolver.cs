using System.Globalization;
using System.Text.Json;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Redirection.PacketPaths;

/// <summary>Finds out what a name leads to: a service's address, port and ready endpoints, or a pod. Needs to get services and pods and to list endpointslices.</summary>
internal sealed class TargetResolver
{
    private static readonly KubeResource Services = new("", "v1", "services", "Service", true);

    private readonly MeshCluster _cluster;
    private readonly MeshPod _from;
    private readonly string _protocol;
    private readonly IReporter _reporter;
    private readonly CancellationToken _cancel;

    public TargetResolver(MeshCluster cluster, MeshPod from, string protocol, IReporter reporter, CancellationToken cancel) =>
        (_cluster, _from, _protocol, _reporter, _cancel) = (cluster, from, protocol, reporter, cancel);

    /// <summary>Resolves a name.</summary>
    /// <exception cref="MeshException">It is none, there is nothing of that name (<c>TargetNotFound</c>), or its port is not to be told (<c>PortUnknown</c>).</exception>
    public async Task<PacketTarget> ResolveAsync(string text)
    {
        var name = TargetName.Parse(text);
        if (name.Kind == TargetKind.Address)
            return Outside(name);
        string ns = name.Namespace ?? _from.Namespace;
        if (name.Kind != TargetKind.Pod && await _cluster.Client.GetAsync(Services, ns, name.Name, _cancel).ConfigureAwait(false) is { } service)
            return await ServiceAsync(ns, name, JsonSerializer.SerializeToElement(service)).ConfigureAwait(false);
        if (name.Kind != TargetKind.Service && await PodAsync(ns, name.Name).ConfigureAwait(false) is { } pod)
            return ToPod(name, pod);
        string what = name.Kind switch { TargetKind.Pod => "pod", TargetKind.Service => "service", _ => "service or pod" };
        throw new MeshException("TargetNotFound", FailureKind.NotFound, $"{_cluster.Server}: there is no {what} '{name.Name}' in namespace {ns}.",
            "Give its namespace before it, as in shop/reviews, or an address and a port.", text);
    }

    private static PacketTarget Outside(TargetName name)
    {
        TargetName.IsAddress(name.Name, out IpFamily family, out _);
        ushort port = name.PortNumber ?? throw NoPort(name, $"An address needs a port, as in {(family == IpFamily.IPv4 ? $"{name.Name}:443" : $"[{name.Name}]:443")}.");
        return new() { Name = $"address {name.Name}, port {port}", Family = family, Address = name.Name, Port = port };
    }

    private PacketTarget ToPod(TargetName name, MeshPod pod)
    {
        string address = AddressOf(pod.PodIPs) ?? throw new MeshException(
            "PodHasNoAddress", FailureKind.NotFound, $"{_cluster.Server}: pod {pod} has no address that {_from} can reach.", "Wait until the pod runs.", pod);
        ushort? declared = pod.Traffic.Applications.SelectMany(c => c.Ports).Where(p => p.Protocol == _protocol && p.Number is > 0 and <= ushort.MaxValue).Select(p => (ushort?)p.Number).FirstOrDefault();
        ushort port = name.PortNumber ?? (name.Port is null ? declared : null) ?? throw NoPort(name, "Give the port that the pod listens on, as a number.");
        return new() { Name = $"pod {pod}, port {port}", Family = FamilyOf(address), Address = address, Port = port, Endpoints = [new(pod, address, port)] };
    }

    private async Task<PacketTarget> ServiceAsync(string ns, TargetName name, JsonElement service)
    {
        JsonElement spec = service.At("spec") ?? default;
        if (spec.Text("type") == "ExternalName")
        {
            throw new MeshException("ServiceIsExternal", FailureKind.InvalidInput, $"{_cluster.Server}: service {ns}/{name.Name} is but a name for {spec.Text("externalName")}, which lies outside the cluster.",
                "Give the address that the name leads to.", name.Name);
        }
        JsonElement port = PortOf(ns, name, [.. spec.Items("ports").Where(p => (p.Text("protocol") ?? "TCP") == _protocol)]);
        string[] addresses = spec.Child("clusterIPs")?.AsTexts().ToArray() is { Length: > 0 } all ? all : spec.Text("clusterIP") is { } one ? [one] : [];
        string? own = AddressOf([.. addresses.Where(a => a != "None")]);
        IReadOnlyList<PacketEndpoint> endpoints = await EndpointsAsync(ns, name.Name, port.Text("name") ?? "", own).ConfigureAwait(false);
        ushort number = (ushort)(port.Number("port") ?? 0);
        string title = string.Create(CultureInfo.InvariantCulture, $"service {ns}/{name.Name}, port {number}");
        // Without an address of its own a service's name leads to those of its pods.
        if (own is null)
        {
            return endpoints is [var first, ..]
                ? new() { Name = title, Family = FamilyOf(first.Address), Address = first.Address, Port = first.Port, Endpoints = endpoints }
                : throw new MeshException("NoEndpoint", FailureKind.NotFound, $"{_cluster.Server}: service {ns}/{name.Name} has no address and no ready pod.",
                    "Wait until a pod of the service is ready.", name.Name);
        }
        return new() { Name = title, Family = FamilyOf(own), Address = own, Port = number, Endpoints = endpoints };
    }

    private JsonElement PortOf(string ns, TargetName name, JsonElement[] ports)
    {
        JsonElement[] fitting = name.Port is null ? ports
            : [.. ports.Where(port => port.Text("name") == name.Port || (name.PortNumber is { } number && port.Number("port") == number))];
        if (fitting.Length == 1)
            return fitting[0];
        string known = ports.Length == 0 ? $"no {_protocol} port" : string.Join(", ", ports.Select(port => port.Text("name") is { } title ? $"{port.Number("port")} ({title})" : $"{port.Number("port")}"));
        throw NoPort(name, fitting.Length == 0 ? $"Service {ns}/{name.Name} has {known}." : $"Choose one of those of service {ns}/{name.Name}: {known}.");
    }

    private async Task<IReadOnlyList<PacketEndpoint>> EndpointsAsync(string ns, string service, string port, string? own)
    {
        IReadOnlyList<ReadyAddress> ready = await ReadyAddresses.OfAsync(_cluster.Client, ns, service, port, _protocol, _cancel).ConfigureAwait(false);
        IpFamily? family = own is null ? null : FamilyOf(own);
        var endpoints = new List<PacketEndpoint>();
        foreach (ReadyAddress at in ready)
        {
            if (!TargetName.IsAddress(at.Address, out IpFamily of, out _) || (family ?? of) != of)
                continue;
            // Only the first one is followed, so only that one's pod is worth a request.
            MeshPod? pod = endpoints.Count == 0 && at.Pod is { } name ? await PodAsync(at.PodNamespace ?? ns, name).ConfigureAwait(false) : null;
            endpoints.Add(new(pod, at.Address, at.Port));
        }
        return endpoints;
    }

    private async Task<MeshPod?> PodAsync(string ns, string name)
    {
        await foreach (MeshPod pod in MeshPods.ListAsync(_cluster, new() { Namespace = ns, Name = name }, _reporter, _cancel).ConfigureAwait(false))
        {
            if (pod.Name == name)
                return pod;
        }
        return null;
    }

    /// <summary>The first address of a family that the sender has as well.</summary>
    private string? AddressOf(IReadOnlyList<string> addresses) =>
        addresses.FirstOrDefault(address => _from.PodIPs.Any(own => FamilyOf(own) == FamilyOf(address))) ?? (_from.PodIPs.Count == 0 && addresses is [var any, ..] ? any : null);

    private static IpFamily FamilyOf(string address) => address.Contains(':', StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;

    private static MeshException NoPort(TargetName name, string remedy) => new(
        "PortUnknown", FailureKind.InvalidInput, name.Port is null ? $"No port was given for '{name.Name}'." : $"'{name.Port}' is no port of '{name.Name}'.", remedy, name.Name);
}
