using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Redirection.PacketPaths;

/// <summary>Reads the rules of pods, each pod once, in any order.</summary>
/// <param name="pods">The pods.</param>
/// <param name="cancel">Ends the reading.</param>
public delegate IAsyncEnumerable<PodRulesReading> PodRulesSource(IReadOnlyList<MeshPod> pods, CancellationToken cancel);

/// <summary>Follows the first packet of a connection through the rules of the pod that sends it and of the one that receives it.</summary>
public static class PacketPaths
{
    private const ushort ClientPort = 40000;
    private const ushort Tunnel = 15008;
    private const uint ZtunnelMark = 0x539;

    /// <summary>Follows one.</summary>
    /// <param name="cluster">The cluster of both.</param>
    /// <param name="from">The pod that sends.</param>
    /// <param name="to">A service, a pod or an address, with a port: <c>reviews:9080</c>, <c>shop/reviews</c>, <c>pod/shop/web-0:8080</c>, <c>10.96.0.1:443</c>.</param>
    /// <param name="options">Which packet.</param>
    /// <param name="rules">Reads the rules.</param>
    /// <param name="reporter">Hears what could not be checked.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <exception cref="MeshException">
    /// <paramref name="to"/> leads nowhere (<c>InvalidTarget</c>, <c>TargetNotFound</c>, <c>PortUnknown</c>), the sender has no address (<c>PodHasNoAddress</c>),
    /// or the server refused.
    /// </exception>
    public static async Task<PacketPath> TraceAsync(
        MeshCluster cluster, MeshPod from, string to, PacketPathOptions options, PodRulesSource rules, IReporter reporter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(reporter);
        PacketTarget target = await new TargetResolver(cluster, from, options.Udp ? "UDP" : "TCP", reporter, cancel).ResolveAsync(to).ConfigureAwait(false);
        MeshPod? receiver = target.Endpoints.Count > 0 ? target.Endpoints[0].Pod : null;
        var read = new Dictionary<string, PodRulesReading>(StringComparer.Ordinal);
        MeshPod[] pods = receiver is null || receiver.ToString() == from.ToString() ? [from] : [from, receiver];
        await foreach (PodRulesReading reading in rules(pods, cancel).WithCancellation(cancel).ConfigureAwait(false))
            read[reading.Pod.ToString()] = reading;
        return Follow(from, target, options, read);
    }

    /// <summary>Follows one to where it is known to lead.</summary>
    /// <param name="from">The pod that sends.</param>
    /// <param name="to">Where it leads.</param>
    /// <param name="options">Which packet.</param>
    /// <param name="read">The rules of both ends, by the pods' names in words; one that is missing is not known.</param>
    internal static PacketPath Follow(MeshPod from, PacketTarget to, PacketPathOptions options, IReadOnlyDictionary<string, PodRulesReading> read) =>
        new Walk(from, to, to.Endpoints.Count > 0 ? to.Endpoints[0].Pod : null, options, read).Path();

    /// <summary>Whose the packet is: the ids asked for, or else those that the application's container is to run with.</summary>
    internal static PacketOwner Owner(MeshPod from, PacketPathOptions options)
    {
        ContainerTraffic? application = from.Traffic.Applications.FirstOrDefault();
        uint user = options.UserId ?? Id(application is null ? null : from.Traffic.UserOf(application));
        return new(user, options.GroupId ?? Id(application is null ? null : from.Traffic.GroupOf(application)));
    }

    private static uint Id(long? id) => id is >= 0 and <= uint.MaxValue ? (uint)id : 0;

    /// <summary>One connection on its way.</summary>
    private sealed class Walk(MeshPod from, PacketTarget to, MeshPod? receiver, PacketPathOptions options, IReadOnlyDictionary<string, PodRulesReading> read)
    {
        private readonly IpProtocol _protocol = options.Udp ? IpProtocol.Udp : IpProtocol.Tcp;
        private readonly UInt128 _source = Address(from.PodIPs.FirstOrDefault(address => TargetName.IsAddress(address, out IpFamily family, out _) && family == to.Family)
            ?? throw new MeshException("PodHasNoAddress", FailureKind.InvalidInput, $"Pod {from} has no {to.Family} address to send from.", "Choose a pod that runs, or another target.", from));

        public PacketPath Path()
        {
            var text = new List<string>();
            PacketLeg sender = Follow(from, Outgoing(Address(to.Address), to.Port, Owner(from, options), mark: 0), "");
            text.Add(sender.Text);
            PacketEndpoint? end = to.Endpoints.Count > 0 ? to.Endpoints[0] : null;
            bool ztunnel = sender.Verdict == LegVerdict.Proxied && from.RedirectMethod == RedirectMethod.Ambient;
            bool tunnelled = ztunnel && receiver?.RedirectMethod == RedirectMethod.Ambient;
            PacketLeg? proxy = null;
            if (sender.Verdict == LegVerdict.Proxied)
            {
                text.Add(ztunnel ? "ztunnel opens the connection there and makes one of its own to the destination." : "The proxy opens the connection there and makes one of its own to the destination.");
                (string address, ushort port) = end is null ? (to.Address, to.Port) : (end.Address, tunnelled ? Tunnel : end.Port);
                proxy = Follow(from, Outgoing(Address(address), port, ProxyOwner(), ztunnel ? ZtunnelMark : 0), "of the proxy");
                text.Add(proxy.Text);
            }
            if (end is null)
            {
                text.Add(to.Name.StartsWith("service", StringComparison.Ordinal) ? "No pod of the service is ready: nobody answers." : "The destination is no pod of the cluster; what becomes of the packet there is not known.");
                return Done(null);
            }
            bool isOwn = receiver?.ToString() == from.ToString();
            if (proxy?.Verdict == LegVerdict.Proxied)
            {
                text.Add(isOwn
                    ? "That is the pod itself, where the call comes in like any other."
                    : "The proxy's own packet comes back to it: the connection goes round in circles.");
                return Done(null);
            }
            if ((proxy ?? sender).Verdict is LegVerdict.Blocked or LegVerdict.Dns)
                return Done(null);
            if (to.Endpoints.Count > 1)
                text.Add($"{to.Endpoints.Count} endpoints are ready; this is the way to the first, {end.Address}.");
            if (receiver is null)
            {
                text.Add($"Endpoint {end.Address}:{end.Port} is no pod of the cluster; what becomes of the packet there is not known.");
                return Done(null);
            }
            // Within a pod nothing comes in from outside.
            if (isOwn)
                return Done(null);
            PacketLeg incoming = Follow(receiver, new Packet
            {
                Family = to.Family,
                Protocol = _protocol,
                Source = _source,
                SourcePort = ClientPort,
                Destination = Address(end.Address),
                DestinationPort = tunnelled ? Tunnel : end.Port,
                InInterface = PodHost.Of(receiver, read.GetValueOrDefault(receiver.ToString())?.Rules).DefaultInterface,
            }, "");
            text.Add(incoming.Text);
            if (incoming.Verdict == LegVerdict.Proxied)
                text.Add("The receiver's proxy opens the connection and hands what is in it to the application.");
            else if (incoming.Verdict == LegVerdict.Direct && sender.Verdict == LegVerdict.Proxied && incoming.Pod.RedirectMethod != RedirectMethod.None)
                text.Add("The sender's proxy may speak mutual TLS to a port where no proxy listens.");
            return Done(incoming);

            PacketPath Done(PacketLeg? arrived) => new() { From = from, To = to, Sender = sender, Proxy = proxy, Receiver = arrived, Text = [.. text] };
        }

        private PacketLeg Follow(MeshPod pod, Packet packet, string whose)
        {
            PodRulesReading? reading = read.GetValueOrDefault(pod.ToString());
            if (reading?.Rules is not { } rules)
            {
                string why = reading?.Failure?.Message ?? "nobody read them.";
                return new() { Pod = pod, Packet = packet, Verdict = LegVerdict.Unknown, Failure = reading?.Failure, Text = $"The rules of {pod} are not known: {why}" };
            }
            TraceHost host = PodHost.Of(pod, rules);
            PacketTrace[] traces = [.. ReadRulesets.Of(rules, packet.Family).Select(ruleset => PacketTrace.Of(ruleset, host, packet))];
            (LegVerdict verdict, PacketTrace? decisive) = Judge(pod, traces, packet);
            return new()
            {
                Pod = pod,
                Packet = packet,
                Verdict = verdict,
                Traces = traces,
                Rules = rules,
                Text = Sentence(pod, packet, whose, verdict, decisive),
            };
        }

        /// <summary>Where the order of the back ends is not known, the worst decides.</summary>
        private static (LegVerdict Verdict, PacketTrace? Decisive) Judge(MeshPod pod, PacketTrace[] traces, Packet packet)
        {
            (LegVerdict Verdict, PacketTrace Trace)[] all = [.. traces.Select(trace => (Of(pod, trace, packet), trace))];
            foreach (LegVerdict verdict in (LegVerdict[])[LegVerdict.Blocked, LegVerdict.Unknown, LegVerdict.Proxied, LegVerdict.Dns, LegVerdict.Direct])
            {
                if (all.FirstOrDefault(one => one.Verdict == verdict) is { Trace: { } trace })
                    return (verdict, trace);
            }
            return (LegVerdict.Direct, null);
        }

        private static LegVerdict Of(MeshPod pod, PacketTrace trace, Packet packet) => trace.Outcome switch
        {
            TraceOutcome.Delivered { By: not null, Port: 15053 } => LegVerdict.Dns,
            TraceOutcome.Delivered { By: not null } => LegVerdict.Proxied,
            // The tunnel's port is the ztunnel's own; no rule needs to bring packets there.
            TraceOutcome.Delivered when packet.InInterface.Length > 0 && packet.DestinationPort == Tunnel && pod.RedirectMethod == RedirectMethod.Ambient => LegVerdict.Proxied,
            TraceOutcome.Delivered or TraceOutcome.Sent => LegVerdict.Direct,
            TraceOutcome.Undecided => LegVerdict.Unknown,
            _ => LegVerdict.Blocked,
        };

        private static string Sentence(MeshPod pod, Packet packet, string whose, LegVerdict verdict, PacketTrace? trace)
        {
            string what = packet.InInterface.Length > 0
                ? $"At {pod} the packet to port {packet.DestinationPort}"
                : $"In {pod} the packet {(whose.Length > 0 ? whose + " " : "")}to {packet.DestinationAddress} port {packet.DestinationPort} (user {packet.Owner?.User}, group {packet.Owner?.Group})";
            string because = trace?.Outcome.DecidedBy is { } rule ? $" because of {rule}" : trace is null ? ", for there are no rules" : ", for no rule redirects it";
            return verdict switch
            {
                LegVerdict.Proxied when trace?.Outcome is TraceOutcome.Delivered delivered => delivered.By is null ? $"{what} reaches ztunnel's own port." : $"{what} enters the proxy at port {delivered.Port}{because}.",
                LegVerdict.Dns => $"{what} goes to the agent as DNS{because}.",
                LegVerdict.Blocked => $"{what} is stopped: {trace!.Verdict}.",
                LegVerdict.Unknown => $"What becomes of it in {pod} is {trace!.Verdict}.",
                _ => packet.InInterface.Length > 0 ? $"{what} reaches the application past the proxy{because}." : $"{what} leaves as it is{because}.",
            };
        }

        private Packet Outgoing(UInt128 destination, ushort port, PacketOwner owner, uint mark) => new()
        {
            Family = to.Family,
            Protocol = _protocol,
            Source = _source,
            SourcePort = ClientPort,
            Destination = destination,
            DestinationPort = port,
            Owner = owner,
            Mark = mark,
        };

        private PacketOwner ProxyOwner()
        {
            ContainerTraffic? proxy = from.Traffic.Proxy;
            RedirectionPolicy policy = RedirectionPolicies.Shared.For(from);
            uint user = proxy is not null && from.Traffic.UserOf(proxy) is { } own ? Id(own) : policy.Proxy is { Users: [var first, ..] } ? first : 0;
            return new(user, proxy is not null && from.Traffic.GroupOf(proxy) is { } group ? Id(group) : policy.Proxy is { Groups: [var firstGroup, ..] } ? firstGroup : 0);
        }

        private static UInt128 Address(string text) => TargetName.IsAddress(text, out _, out UInt128 address) ? address : throw new FormatException(text);
    }
}
