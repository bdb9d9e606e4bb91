using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Iptables.Tracing;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Controllers;
using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Sandbox.Traffic.Applications;

namespace IstioAdmin.Sandbox.Traffic;

/// <summary>
/// Requests between pods. Each goes as its first packet goes through the rules of both pods: by way of the proxies, around them, or nowhere. So what a pod's rules
/// get wrong shows in what its application answers, as on a real node.
/// </summary>
/// <remarks>VirtualServices bear on ingress gateways only; between applications a proxy takes the pods of a Service in turn.</remarks>
internal sealed class MeshTraffic
{
    private const string ProxyContainer = "istio-proxy";
    private static readonly PacketOwner Application = new(1000, 1000);

    private readonly SandboxNodes _nodes;
    private readonly Informer _pods;
    private readonly MutualTls _mutualTls;
    private readonly ConcurrentDictionary<string, int> _turns = new(StringComparer.Ordinal);

    public MeshTraffic(SandboxNodes nodes, Informers informers, ClusterApi api)
    {
        _nodes = nodes;
        _pods = Pods.Of(informers);
        Config = new MeshConfig(api);
        _mutualTls = new MutualTls(Config);
    }

    /// <summary>The mesh's objects.</summary>
    public MeshConfig Config { get; }

    /// <summary>The cluster's Services.</summary>
    public IEnumerable<JsonObject> Services => _nodes.Endpoints.Services;

    /// <summary>A pod's object; null when it has gone.</summary>
    public JsonObject? Find(PodRuntime run) => _pods.Find(run.Key);

    /// <summary>What listens on a port of a pod; null when nothing does.</summary>
    public async Task<IApplication?> ListenerAsync(PodRuntime run, int port, CancellationToken cancel)
    {
        if (!run.IsUp || run.HasEnded || Find(run) is not { } pod)
            return null;
        if (run.Containers.TrueForAll(container => container.IsInit || container.Name == ProxyContainer))
            return await GatewayProxy.FindAsync(this, pod, port, cancel).ConfigureAwait(false);
        string? image = DeclaredPorts.Container(pod, port, ProxyContainer) is { } found ? Json.Text(found, "image") : null;
        return image is null ? null : Bookinfo.Of(image) ?? new UnknownApplication(image);
    }

    /// <summary>An application calls a Service.</summary>
    /// <param name="from">The application's pod.</param>
    /// <param name="service">The Service's name, in the pod's namespace.</param>
    /// <param name="port">The Service's port.</param>
    /// <param name="request">What it asks.</param>
    /// <param name="cancel">Cancels the call.</param>
    public async Task<(MeshAnswer Answer, Hop Hop)> CallAsync(PodRuntime from, string service, int port, MeshRequest request, CancellationToken cancel)
    {
        string ns = Meta.Split(from.Key).Namespace!;
        if (_nodes.Endpoints.Find(ns, service) is not { } target || from.Network is not { } network)
            return Lost(ns, service, "the name is not known");
        (string Address, ushort Port)? direct = Json.Text(target, "spec", "clusterIP") is { } address and not "None" ? (address, (ushort)port) : Next(ns, service, port, _ => true);
        if (direct is not var (to, at) || PodPackets.Number(to) is not { } number)
            return Lost(ns, service, "no pod of it is ready");
        Packet packet = PodPackets.From(network, number, at, Application);
        switch (PodPackets.Leave(network, packet))
        {
            case TraceOutcome.Delivered { By: not null } when HasProxy(from):
                return await ForwardAsync(from, ns, service, port, _ => true, request, cancel).ConfigureAwait(false);
            case TraceOutcome.Sent sent:
                (string Address, ushort Port)? end = Next(ns, service, port, _ => true);
                return end is var (endpoint, container)
                    ? await DeliverAsync(packet, ns, service, endpoint, container, sent.By is null ? HopProtection.PlainText : HopProtection.None, request, cancel).ConfigureAwait(false)
                    : Lost(ns, service, "connection refused");
            default:
                return Lost(ns, service, "the connection does not get out of the pod");
        }
    }

    /// <summary>A proxy sends a request on to a pod of a Service.</summary>
    /// <param name="from">The proxy's pod.</param>
    /// <param name="ns">The Service's namespace.</param>
    /// <param name="service">The Service's name.</param>
    /// <param name="port">The Service's port.</param>
    /// <param name="wanted">Which pods may take it.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancel">Cancels the call.</param>
    public async Task<(MeshAnswer Answer, Hop Hop)> ForwardAsync(
        PodRuntime from, string ns, string service, int port, Func<JsonObject, bool> wanted, MeshRequest request, CancellationToken cancel)
    {
        if (from.Network is not { } network || Next(ns, service, port, wanted) is not var (address, target) || PodPackets.Number(address) is not { } number)
            return (MeshAnswer.Text(503, "no healthy upstream", ofProxy: true), new Hop($"{service}.{ns}", null, null, HopProtection.None, "no pod of it is ready"));
        bool secured = await _mutualTls.IsCalledAsync(ns, service, _nodes.AtAddress(address) is { } there && HasProxy(there), cancel).ConfigureAwait(false);
        Packet packet = PodPackets.From(network, number, target, PodPackets.Proxy);
        (MeshAnswer answer, Hop hop) = PodPackets.Leave(network, packet) is TraceOutcome.Sent { By: null }
            ? await DeliverAsync(packet, ns, service, address, target, secured ? HopProtection.MutualTls : HopProtection.PlainText, request, cancel).ConfigureAwait(false)
            : Lost(ns, service, "the proxy's own connection does not get out of the pod");
        return answer.Status > 0
            ? (answer, hop)
            : (MeshAnswer.Text(503, "upstream connect error or disconnect/reset before headers. reset reason: connection failure", ofProxy: true), hop);
    }

    private async Task<(MeshAnswer Answer, Hop Hop)> DeliverAsync(
        Packet packet, string ns, string service, string address, ushort port, HopProtection protection, MeshRequest request, CancellationToken cancel)
    {
        if (_nodes.AtAddress(address) is not { Network: { } network } receiver)
            return Lost(ns, service, "nobody answers");
        var hop = new Hop($"{service}.{ns}", Meta.Split(receiver.Key).Name, receiver.Node.Name, protection, "");
        if (PodPackets.Arrive(network, packet, port) is not TraceOutcome.Delivered arrived)
            return Failed("the connection does not get into the pod");
        if (arrived.By is not null)
        {
            if (!HasProxy(receiver))
                return Failed("connection refused");
            TlsMode mode = await _mutualTls.ModeAsync(ns, cancel).ConfigureAwait(false);
            if (mode == TlsMode.Strict && protection != HopProtection.MutualTls)
                return Failed("it came in plain text where the proxy takes mutual TLS only");
            if (mode == TlsMode.Disabled && protection == HopProtection.MutualTls)
                return Failed("it came under mutual TLS where the proxy takes plain text only");
        }
        else if (protection == HopProtection.MutualTls)
        {
            return Failed("mutual TLS reached the application itself: no rule leads it to the proxy");
        }
        if (await ListenerAsync(receiver, arrived.By is null ? arrived.Port : port, cancel).ConfigureAwait(false) is not { } application)
            return Failed("connection refused");
        MeshAnswer answer = await application.AnswerAsync(new ApplicationCalls(this, receiver), request with { Via = hop with { Outcome = "called" } }, cancel).ConfigureAwait(false);
        return (answer, hop with { Outcome = answer.Status.ToString(CultureInfo.InvariantCulture) });

        (MeshAnswer, Hop) Failed(string reason) => (MeshAnswer.None(reason), hop with { Outcome = reason });
    }

    // Each ready pod in turn.
    private (string Address, ushort Port)? Next(string ns, string service, int port, Func<JsonObject, bool> wanted)
    {
        (string, ushort)[] all = [.. _nodes.Endpoints.Ready(_nodes.Endpoints.Find(ns, service), port)
            .Where(ready => _nodes.AtAddress(ready.Address) is { } run && Find(run) is { } pod && wanted(pod))];
        return all.Length == 0 ? null : all[(_turns.AddOrUpdate($"{ns}/{service}", 0, (_, turn) => turn + 1) & int.MaxValue) % all.Length];
    }

    private static bool HasProxy(PodRuntime run) => run.Find(ProxyContainer) is { IsRunning: true };

    private static (MeshAnswer, Hop) Lost(string ns, string service, string reason) => (MeshAnswer.None(reason), new Hop($"{service}.{ns}", null, null, HopProtection.None, reason));
}
