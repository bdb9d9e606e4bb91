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
            case SnatTarget snat:
                TranslateSource(packet, snat.To.Addresses, snat.To.Ports, snat.Options);
                return true;
            case MasqueradeTarget masquerade:
                Masquerade(packet, masquerade);
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
                // Once the packet has an entry, or has been here, it is too late (xt_CT.c: previously seen).
                if (packet.Tracked || packet.State == ConnectionStates.Untracked)
                    return false;
                packet.State = conntrack.NoTrack ? ConnectionStates.Untracked : ConnectionStates.New;
                packet.Templated = !conntrack.NoTrack;
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
        (UInt128, UInt128, ushort, ushort) before = (packet.Destination, packet.DestinationLast, packet.DestinationPort, packet.DestinationPortLast);
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
        (UInt128, UInt128, ushort, ushort) after = (packet.Destination, packet.DestinationLast, packet.DestinationPort, packet.DestinationPortLast);
        if (before == after)
            return;
        // The choice may fall on what the packet had before; then conntrack notes no translation.
        bool maybeSame = before.Item1 >= after.Item1 && before.Item1 <= after.Item2 && before.Item3 >= after.Item3 && before.Item3 <= after.Item4;
        if (maybeSame)
            packet.Doubtful |= ConnectionStates.Dnat;
        else
            packet.State |= ConnectionStates.Dnat;
    }

    /// <summary>A source that is among those allowed stays as it is (net/netfilter/nf_nat_core.c, get_unique_tuple), as long as no other flow has it.</summary>
    private static void TranslateSource(PacketState packet, (UInt128 First, UInt128 Last)? addresses, PortRange? ports, NatOptions options)
    {
        bool hasPorts = packet.Packet.Protocol.HasPorts;
        bool random = hasPorts && (options & (NatOptions.Random | NatOptions.RandomFully)) != 0;
        bool addressStays = addresses is not { } range || (packet.Source >= range.First && packet.Source <= range.Last);
        bool portStays = !hasPorts || ports is not { } asked || asked.Contains(packet.SourcePort);
        if (addressStays && portStays && !random)
            return;
        if (addresses is { } chosen)
            (packet.Source, packet.SourceLast) = chosen;
        if (hasPorts && (random || !portStays))
            (packet.SourcePort, packet.SourcePortLast) = ports is { } from ? (from.First, from.Last) : (ushort.MinValue, ushort.MaxValue);
        if (addressStays && portStays)
            packet.Doubtful |= ConnectionStates.Snat;
        else
            packet.State |= ConnectionStates.Snat;
    }

    /// <summary>The new source is an address that routing prefers, of this or of another interface: any address, as far as we know.</summary>
    private static void Masquerade(PacketState packet, MasqueradeTarget target)
    {
        bool hasPorts = packet.Packet.Protocol.HasPorts;
        bool random = hasPorts && (target.Options & (NatOptions.Random | NatOptions.RandomFully)) != 0;
        bool portStays = !hasPorts || target.Ports is not { } asked || asked.Contains(packet.SourcePort);
        (packet.Source, packet.SourceLast) = (UInt128.Zero, AddressPattern.FullMask(packet.Packet.Family));
        if (random || !portStays)
            (packet.SourcePort, packet.SourcePortLast) = target.Ports is { } from ? (from.First, from.Last) : (ushort.MinValue, ushort.MaxValue);
        if (portStays)
            packet.Doubtful |= ConnectionStates.Snat;
        else
            packet.State |= ConnectionStates.Snat;
    }

    private static void ApplyConnmark(ConnmarkTarget target, PacketState packet)
    {
        if (!packet.Tracked)
            return;
        // What is written into a template is not written into the connection.
        if (packet.Templated)
        {
            if (target.Operation == ConnmarkOperation.Restore)
                packet.Mark &= ~target.PacketMask;
            return;
        }
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
