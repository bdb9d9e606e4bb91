using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>What the targets that change a packet do to it (net/netfilter/xt_NAME.c, net/netfilter/nf_nat_redirect.c).</summary>
internal static class TargetEffect
{
    /// <summary>Applies a target; true when the packet is done with this table, with <paramref name="ended"/> set when it is done for good.</summary>
    public static bool Apply(Target target, Rule rule, PacketState packet, TraceHost host, out TraceOutcome? ended)
    {
        ended = null;
        if (target is RedirectTarget or DnatTarget or SnatTarget or MasqueradeTarget)
            packet.Translated = true;
        switch (target)
        {
            case RedirectTarget redirect:
                if (RedirectAddress(packet, host) is not { } here)
                    ended = new TraceOutcome.Dropped("nat", rule.Chain, rule);
                else
                    Translate(rule, packet, (here, here), redirect.Ports, null, redirect.Options);
                return true;
            case DnatTarget dnat:
                Translate(rule, packet, dnat.To.Addresses, dnat.To.Ports, dnat.To.BasePort, dnat.Options);
                return true;
            case SnatTarget or MasqueradeTarget:
                packet.State |= ConnectionStates.Snat;
                return true;
            case TproxyTarget tproxy:
                packet.Mark = (packet.Mark & ~tproxy.Mark.Mask) ^ tproxy.Mark.Value;
                packet.TransparentPort = tproxy.Port == 0 ? packet.DestinationPort : tproxy.Port;
                packet.RedirectedBy = rule;
                return !tproxy.GoesOn;
            case MarkTarget mark:
                packet.Mark = mark.Apply(packet.Mark);
                return false;
            case ConnmarkTarget connmark:
                ApplyConnmark(connmark, packet);
                return false;
            case ConntrackTarget conntrack:
                // Once the packet has an entry it is too late (xt_CT.c: previously seen).
                if (conntrack.NoTrack && !packet.Tracked)
                    packet.State = ConnectionStates.Untracked;
                // xt_CT.c goes on to the next rule.
                return false;
            default:
                return false;
        }
    }

    private static UInt128? RedirectAddress(PacketState packet, TraceHost host)
    {
        IpFamily family = packet.Packet.Family;
        if (packet.Hook == Hook.Output)
            return family == IpFamily.IPv4 ? TraceHost.LoopbackIPv4 : UInt128.One;
        return host.PrimaryAddress(packet.In, family);
    }

    private static void Translate(Rule rule, PacketState packet, (UInt128 First, UInt128 Last)? addresses, PortRange? ports, ushort? basePort, NatOptions options)
    {
        packet.RedirectedBy = rule;
        (UInt128, ushort) before = (packet.Destination, packet.DestinationPort);
        // An address of the range that the packet already has is no reason to keep it: the kernel hashes the source over the range.
        if (addresses is { } range)
            (packet.Destination, packet.DestinationLast) = range;
        if (ports is { } chosen && packet.Packet.Protocol.HasPorts)
        {
            bool random = (options & (NatOptions.Random | NatOptions.RandomFully)) != 0;
            if (basePort is { } start)
            {
                ushort offset = (ushort)(packet.DestinationPort - start);
                packet.DestinationPort = packet.DestinationPortLast = (ushort)(chosen.First + (offset % (chosen.Last - chosen.First + 1)));
            }
            else if (random || !chosen.Contains(packet.DestinationPort))
            {
                (packet.DestinationPort, packet.DestinationPortLast) = (chosen.First, chosen.Last);
            }
        }
        if (before != (packet.Destination, packet.DestinationPort))
            packet.State |= ConnectionStates.Dnat;
    }

    private static void ApplyConnmark(ConnmarkTarget target, PacketState packet)
    {
        if (!packet.Tracked)
            return;
        switch (target.Operation)
        {
            case ConnmarkOperation.Set:
                packet.ConnectionMark = (packet.ConnectionMark & ~target.Mark.Mask) ^ target.Mark.Value;
                break;
            case ConnmarkOperation.Save:
                packet.ConnectionMark = (packet.ConnectionMark & ~target.ConnectionMask) ^ (packet.Mark & target.PacketMask);
                break;
            case ConnmarkOperation.Restore:
                packet.Mark = (packet.Mark & ~target.PacketMask) ^ (packet.ConnectionMark & target.ConnectionMask);
                break;
        }
    }
}
