using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Redirection;
using static IstioAdmin.Core.Redirection.Policies.ClauseText;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>What must hold for a pod with a sidecar. Both generations agree on all but calls within the pod and IPv6.</summary>
internal sealed class SidecarClauses
{
    private static readonly IpProtocol[] Tcp = [IpProtocol.Tcp];
    private static readonly IpProtocol[] TcpAndUdp = [IpProtocol.Tcp, IpProtocol.Udp];
    private static readonly PortRange[] DnsPort = [PortRange.Only(53)];

    private readonly TrafficPlan _plan;
    private readonly SettingsDraft _draft;
    private readonly ClauseList _list;

    private SidecarClauses(TrafficPlan plan, SettingsDraft draft, QueryPool pool) => (_plan, _draft, _list) = (plan, draft, new(pool, plan.Families));

    /// <summary>The clauses.</summary>
    public static PolicyClause[] Of(TrafficPlan plan, SettingsDraft draft, QueryPool pool)
    {
        var clauses = new SidecarClauses(plan, draft, pool);
        clauses.Inbound();
        clauses.Outbound();
        clauses.Dns();
        clauses.WithinPod();
        clauses.Proxy();
        return clauses._list.Clauses;
    }

    private string Port => $"port {_plan.InboundPort}";

    // Clauses

    private void Inbound()
    {
        string[] sources = _draft.SourcesOf(nameof(PodRedirectionSettings.InboundPorts), nameof(PodRedirectionSettings.ExcludedInboundPorts));
        PortRange[] tunnel = _plan.TunnelPort is { } port ? [PortRange.Only(port)] : [];
        PortRange[] left = [.. _plan.ExcludedInboundPorts, .. tunnel];
        bool any = _plan.AllInbound || _plan.InboundPorts.Count > 0;
        if (any)
        {
            EscapeQuery captured = ToPod(Expectation.RedirectedTo(_plan.InboundPort)) with
            {
                DestinationPorts = [.. _plan.InboundPorts],
                ExceptDestinationPorts = left,
            };
            string ports = _plan.AllInbound ? $"every port{But(left)}" : $"{Ports(_plan.InboundPorts)}{But([.. left.Where(own => _plan.InboundPorts.Any(range => range.Contains(own.First)))])}";
            _list.Add(
                "InboundCaptured",
                ClauseKind.Captured,
                $"inbound TCP to {ports} enters the proxy at {Port}",
                sources,
                // IPv6 that Istio leaves open all the same reaches the application past the proxy.
                family => _plan.Writes(family) || !_plan.IsFirstGeneration ? [captured] : []);
        }

        // Ports that are not left alone are none of this clause's; where single ports are listed, all others are.
        EscapeQuery alone = ToPod(Expectation.Delivered);
        EscapeQuery? rest = !any ? alone
            : !_plan.AllInbound ? alone with { ExceptDestinationPorts = [.. Except(_plan.InboundPorts, tunnel)] }
            : left.Length > 0 ? alone with { DestinationPorts = left }
            : null;
        if (rest is not null)
        {
            string ports = !any ? "every port" : _plan.AllInbound ? Ports(left) : $"every port{But(_plan.InboundPorts)}";
            _list.Add("InboundLeft", ClauseKind.Left, $"inbound TCP to {ports} reaches its listener directly", sources, family => _plan.Writes(family) ? [rest] : []);
        }
        if (_plan.Settings.DropInvalid)
        {
            EscapeQuery invalid = ToPod(Expectation.Dropped) with { States = [ConnectionStates.Invalid] };
            _list.Add(
                "InvalidDropped", ClauseKind.Left, "inbound TCP that conntrack calls invalid is dropped", _draft.SourcesOf(nameof(PodRedirectionSettings.DropInvalid)),
                family => _plan.Writes(family) ? [invalid] : []);
        }
        if (_plan.IsFirstGeneration)
            InboundIPv6();
    }

    private void InboundIPv6()
    {
        string[] sources = _plan.Settings.IPv6
            ? _draft.SourcesOf(nameof(PodRedirectionSettings.IPv6))
            : [$"{TrafficVariables.InboundIPv6} is not set (istio/cni release-1.1: tools/deb/istio-iptables.sh)"];
        EscapeQuery query = ToPod(_plan.Settings.IPv6 ? Expectation.Delivered : Expectation.Blocked);
        _list.Add(
            _plan.Settings.IPv6 ? "InboundIPv6Left" : "InboundIPv6Refused",
            _plan.Settings.IPv6 ? ClauseKind.Left : ClauseKind.Captured,
            _plan.Settings.IPv6 ? "inbound IPv6 reaches its listener directly" : "inbound IPv6 is refused, since this release redirects none of it",
            sources,
            family => family == IpFamily.IPv6 ? [query] : []);
    }

    private void Outbound()
    {
        string[] sources = _draft.SourcesOf(
            nameof(PodRedirectionSettings.OutboundIpRanges), nameof(PodRedirectionSettings.ExcludedOutboundIpRanges), nameof(PodRedirectionSettings.OutboundPorts),
            nameof(PodRedirectionSettings.ExcludedOutboundPorts));
        if (_plan.AllGroups || _plan.OwnerGroups.Count > 0)
        {
            _list.Add(
                "OutboundCaptured", ClauseKind.Captured, $"outbound TCP to {Destinations()} enters the proxy at port {_plan.OutboundPort}", sources,
                family => _plan.Writes(family) || !_plan.IsFirstGeneration ? Captured(family) : []);
        }
        _list.Add("OutboundLeft", ClauseKind.Left, "outbound connections that are excluded leave as they were sent", sources, family => _plan.Writes(family) ? Left(family) : []);
        if (!_plan.AllGroups || _plan.ExcludedGroups.Count > 0)
        {
            _list.Add(
                "GroupsLeft",
                ClauseKind.Left,
                _plan.AllGroups ? $"what groups {Ids(_plan.ExcludedGroups)} send leaves as it was sent" : $"what groups other than {Ids(_plan.OwnerGroups)} send leaves as it was sent",
                _draft.SourcesOf(nameof(PodRedirectionSettings.OwnerGroups), nameof(PodRedirectionSettings.ExcludedOwnerGroups)),
                family => _plan.Writes(family) ? [LeftGroups()] : []);
        }
    }

    /// <summary>What the application sends to destinations and ports that are included. A destination that is excluded is so whatever its port, and the other way round.</summary>
    private IEnumerable<EscapeQuery> Captured(IpFamily family)
    {
        EscapeQuery query = ByIncludedGroups(FromApplication(Expectation.RedirectedTo(_plan.OutboundPort))) with
        {
            ExceptDestinations = TrafficPlan.Of(family, _plan.ExcludedRanges),
            ExceptDestinationPorts = [.. _plan.ExcludedOutboundPorts, .. DnsPorts()],
        };
        Interval[] ranges = TrafficPlan.Of(family, _plan.Ranges);
        if (_plan.AllRanges)
            yield return query;
        else if (ranges.Length > 0)
            yield return query with { Destinations = ranges };
        if (!_plan.AllRanges && _plan.OutboundPorts.Count > 0)
            yield return query with { DestinationPorts = [.. _plan.OutboundPorts] };
        // Of DNS only that of the servers that are named goes elsewhere.
        if (_plan.RedirectsDns && _plan.KnowsDnsServers && !_plan.Settings.CaptureAllDns && (_plan.AllRanges || ranges.Length > 0))
        {
            yield return query with
            {
                Destinations = ranges,
                ExceptDestinations = [.. query.ExceptDestinations, .. Servers(family)],
                DestinationPorts = DnsPort,
                ExceptDestinationPorts = [.. _plan.ExcludedOutboundPorts],
            };
        }
    }

    private IEnumerable<EscapeQuery> Left(IpFamily family)
    {
        EscapeQuery sent = FromApplication(Expectation.Sent);
        Interval[] excluded = TrafficPlan.Of(family, _plan.ExcludedRanges);
        if (excluded.Length > 0)
            yield return sent with { Destinations = excluded, ExceptDestinationPorts = DnsPorts() };
        if (_plan.ExcludedOutboundPorts.Count > 0)
            yield return sent with { Protocols = _plan.RedirectsDns ? TcpAndUdp : Tcp, DestinationPorts = [.. _plan.ExcludedOutboundPorts] };
        if (!_plan.AllRanges)
            yield return sent with { ExceptDestinations = TrafficPlan.Of(family, _plan.Ranges), ExceptDestinationPorts = [.. _plan.OutboundPorts, .. DnsPorts()] };
    }

    private EscapeQuery LeftGroups()
    {
        EscapeQuery sent = FromApplication(Expectation.Sent);
        return _plan.AllGroups
            ? sent with { Groups = [.. _plan.ExcludedGroups] }
            : sent with { ExceptGroups = [.. sent.ExceptGroups, .. _plan.OwnerGroups] };
    }

    private void Dns()
    {
        if (!_plan.RedirectsDns || !_plan.KnowsDnsServers || !(_plan.AllGroups || _plan.OwnerGroups.Count > 0))
            return;
        EscapeQuery query = ByIncludedGroups(FromApplication(Expectation.RedirectedTo(15053))) with
        {
            Protocols = TcpAndUdp,
            DestinationPorts = DnsPort,
            ExceptDestinationPorts = [.. _plan.ExcludedOutboundPorts],
        };
        string servers = _plan.Settings.CaptureAllDns ? "every server" : string.Join(", ", SettingWords.Split(_plan.Settings.DnsServers));
        _list.Add(
            "DnsCaptured", ClauseKind.Captured, $"DNS to {servers}, TCP and UDP, goes to the agent at port 15053", _draft.SourcesOf(nameof(PodRedirectionSettings.RedirectDns)),
            family => !_plan.Writes(family) ? []
                : _plan.Settings.CaptureAllDns ? [query]
                : Servers(family) is { Length: > 0 } known ? [query with { Destinations = known }]
                : []);
    }

    private void WithinPod()
    {
        string[] sources = [Upstream.Rules(_plan.Release)];
        EscapeQuery own = FromApplication(Expectation.Delivered) with { Local = LocalDestinations.Only, ExceptDestinationPorts = [.. DnsPorts()] };
        if (_plan.IsFirstGeneration || _plan.NamesLoopback || !PolicyReleases.SelfCallsAreSettled(_plan.Release))
        {
            _list.Add(
                "SelfLeft", ClauseKind.Left, "what the application sends to the loopback address reaches its listener directly", sources,
                family => _plan.Writes(family) ? [own with { Destinations = [_plan.LoopbackOf(family)] }] : []);
        }
        else
        {
            _list.Add(
                "SelfLeft", ClauseKind.Left, "what the application sends to its own pod reaches its listener directly", sources,
                family => _plan.Writes(family) ? [own] : []);
        }
        if (_plan.IsFirstGeneration)
        {
            EscapeQuery self = Outgoing(Expectation.RedirectedTo(_plan.OutboundPort)) with { Local = LocalDestinations.Only };
            _list.Add(
                "SelfCaptured", ClauseKind.Captured, $"TCP from the pod to its own address, whoever sends it, enters the proxy at port {_plan.OutboundPort}", sources,
                family => _plan.Writes(family) ? [self with { ExceptDestinations = [_plan.LoopbackOf(family)] }] : []);
        }
    }

    private void Proxy()
    {
        string[] ids = _draft.SourcesOf(nameof(PodRedirectionSettings.ProxyUsers), nameof(PodRedirectionSettings.ProxyGroups));
        EscapeQuery sent = Outgoing(Expectation.Sent) with { Protocols = TcpAndUdp, Local = LocalDestinations.Except };
        _list.Add(
            "ProxyOwn", ClauseKind.ProxyOwn, $"what the proxy sends (user {Ids(_plan.Users)} or group {Ids(_plan.Groups)}) leaves as it was sent", ids,
            family => _plan.Writes(family) ? [sent with { Users = [.. _plan.Users] }, sent with { Groups = [.. _plan.Groups] }] : []);
        EscapeQuery delivered = Outgoing(Expectation.Delivered);
        _list.Add(
            "ProxyToApplication", ClauseKind.ProxyOwn, "what the proxy hands to the application by loopback reaches it and is not captured again", ids,
            family => _plan.Writes(family) ? ToApplication(family, delivered) : []);
        if (_plan.IsFirstGeneration || !PolicyReleases.SelfCallsAreSettled(_plan.Release))
            return;
        // The application calls its own service and the proxy picks its own pod: that comes in like any other call. Rules for further
        // users come too late for that, behind the one that lets everybody else's calls within the pod be.
        EscapeQuery self = Outgoing(Expectation.RedirectedTo(_plan.Settings.InboundCapturePort ?? 15006)) with
        {
            Local = LocalDestinations.Only,
            Users = [_plan.Users[0]],
            ExceptDestinationPorts = [PortRange.Only(_plan.Settings.InboundTunnelPort), .. DnsPorts()],
        };
        _list.Add(
            "ProxySelfCall", ClauseKind.Captured, $"what the proxy sends to its own pod's address comes in at port {_plan.Settings.InboundCapturePort ?? 15006}", ids,
            family => _plan.Writes(family)
                ? [self with { ExceptDestinations = [_plan.LoopbackOf(family)], ExceptSources = [TrafficPlan.PassthroughOf(family)], ExceptDestinationPorts = [.. self.ExceptDestinationPorts, .. _plan.ExcludedOutboundPorts] }]
                : [],
            ofProxy: true);
    }

    private IEnumerable<EscapeQuery> ToApplication(IpFamily family, EscapeQuery delivered)
    {
        yield return delivered with { Users = [.. _plan.Users], Destinations = [_plan.LoopbackOf(family)] };
        yield return delivered with { Groups = [.. _plan.Groups], Destinations = [_plan.LoopbackOf(family)] };
        if (!_plan.IsFirstGeneration && PolicyReleases.HasPassthroughSource(_plan.Release))
            yield return delivered with { Users = [.. _plan.Users], Sources = [TrafficPlan.PassthroughOf(family)], Local = LocalDestinations.Only };
    }

    // Questions

    private EscapeQuery ToPod(Expectation expected) => new()
    {
        Direction = PacketDirection.Inbound,
        Protocols = Tcp,
        Expected = expected,
        ExceptInterfaces = [.. _plan.Interfaces],
    };

    private EscapeQuery Outgoing(Expectation expected) => new()
    {
        Direction = PacketDirection.Outbound,
        Protocols = Tcp,
        Expected = expected,
        ExceptInterfaces = [.. _plan.ExcludedInterfaces],
    };

    private EscapeQuery FromApplication(Expectation expected) => Outgoing(expected) with
    {
        Local = LocalDestinations.Except,
        ExceptUsers = [.. _plan.Users],
        ExceptGroups = [.. _plan.Groups],
    };

    private EscapeQuery ByIncludedGroups(EscapeQuery query) => _plan.AllGroups
        ? query with { ExceptGroups = [.. query.ExceptGroups, .. _plan.ExcludedGroups] }
        : query with { Groups = [.. _plan.OwnerGroups] };

    /// <summary>The port that clauses about TCP leave out because the agent may have it.</summary>
    private PortRange[] DnsPorts() => _plan.RedirectsDns ? DnsPort : [];

    private Interval[] Servers(IpFamily family) =>
        [.. SettingWords.Split(_plan.Settings.DnsServers).Where(word => AddressPattern.TryParseAddress(word, family, out _)).Select(word =>
        {
            AddressPattern.TryParseAddress(word, family, out UInt128 address);
            return new Interval(address, address);
        })];

    private string Destinations()
    {
        string to = _plan.AllRanges ? "every address" : Addresses(_plan.Ranges);
        string ports = !_plan.AllRanges && _plan.OutboundPorts.Count > 0 ? $" or to {Ports(_plan.OutboundPorts)}" : "";
        string[] but = [.. _plan.ExcludedRanges.Select(range => range.ToString()), .. _plan.ExcludedOutboundPorts.Select(port => $"port {port}")];
        return but.Length == 0 ? to + ports : $"{to}{ports} but {string.Join(", ", but)}";
    }

    private static IEnumerable<PortRange> Except(IReadOnlyList<PortRange> ports, PortRange[] tunnel) =>
        // A listed tunnel port is left alone nevertheless.
        tunnel.Length == 0 ? ports : ports.SelectMany(range => Without(range, tunnel[0].First));

    private static IEnumerable<PortRange> Without(PortRange range, ushort port)
    {
        if (!range.Contains(port))
        {
            yield return range;
            yield break;
        }
        if (range.First < port)
            yield return new(range.First, (ushort)(port - 1));
        if (range.Last > port)
            yield return new((ushort)(port + 1), range.Last);
    }
}
