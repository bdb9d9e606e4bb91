using System.Text.Json;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;

namespace IstioAdmin.Iptables.Parsing.Nftables;

/// <summary>Turns nft's statements that do something into targets.</summary>
internal static class StatementTranslator
{
    /// <summary>
    /// What a statement does, in steps; null when it is not understood. <paramref name="applies"/> is false when it is for the other
    /// family: then nothing of the rule applies.
    /// </summary>
    public static IReadOnlyList<Target>? Translate(string kind, JsonElement value, IpFamily family, out bool applies)
    {
        applies = true;
        switch (kind)
        {
            case "accept":
                return [new AcceptTarget()];
            case "drop":
                return [new DropTarget()];
            case "return":
                return [new ReturnTarget()];
            case "jump":
                return value.Text("target") is { } jump ? [new JumpTarget(jump)] : null;
            case "goto":
                return value.Text("target") is { } go ? [new GotoTarget(go)] : null;
            case "continue":
                return [];
            case "notrack":
                return [new ConntrackTarget("NOTRACK", true, null)];
            case "reject":
                return Reject(value, family, out applies);
            case "redirect" or "dnat" or "snat" or "masquerade":
                applies = IsOf(family, value.Text("family"));
                return Nat(kind, value, family) is { } target ? [target] : null;
            case "tproxy":
                applies = IsOf(family, value.Text("family"));
                return Tproxy(value, family) is { } tproxy ? [tproxy] : null;
            case "mangle":
                return value.Member("key") is { } key && value.Member("value") is { } to ? MarkStatement.Translate(key, to) : null;
            default:
                return null;
        }
    }

    /// <summary>The name of a statement that lets every packet go on as it is; null for all others.</summary>
    public static PassingTarget? Passing(string kind, JsonElement value) => kind switch
    {
        "log" => new PassingTarget("LOG", ""),
        // Targets of x_tables that always answer XT_CONTINUE (net/netfilter/xt_LOG.c, xt_NFLOG.c, xt_TRACE.c).
        "xt" when value.Text("type") == "target" && value.Text("name") is "LOG" or "NFLOG" or "TRACE" => new PassingTarget(value.Text("name")!, ""),
        // What they write is read by nothing that is understood: sets that rules change are unknown, and so are these fields.
        "set" or "map" or "ct helper" or "ct timeout" or "ct expectation" or "flow" or "dup" or "secmark" => new PassingTarget(kind, ""),
        "mangle" when value.Member("key")?.Tagged("meta")?.Text("key") is "nftrace" or "priority" or "secmark" => new PassingTarget(kind, ""),
        "mangle" when value.Member("key")?.Tagged("ct")?.Text("key") is "label" or "event" or "secmark" => new PassingTarget(kind, ""),
        _ => null,
    };

    private static bool IsOf(IpFamily family, string? written) => written is null || written == (family == IpFamily.IPv4 ? "ip" : "ip6");

    private static Target[]? Reject(JsonElement value, IpFamily family, out bool applies)
    {
        string? type = value.Text("type"), message = value.Text("expr");
        applies = type switch
        {
            "icmp" => family == IpFamily.IPv4,
            "icmpv6" => family == IpFamily.IPv6,
            _ => true,
        };
        if (type == "tcp reset")
            return [new RejectTarget("tcp-reset")];
        string? with = type is null or "icmpx" && message is null or "port-unreachable"
            ? family == IpFamily.IPv4 ? "icmp-port-unreachable" : "icmp6-port-unreachable"
            : (type, message) switch
            {
                (null, _) or (_, null) => null,
                ("icmp", "prot-unreachable") => "icmp-proto-unreachable",
                ("icmp", _) => "icmp-" + message,
                ("icmpv6", "admin-prohibited") => "icmp6-adm-prohibited",
                ("icmpv6", "addr-unreachable" or "no-route" or "port-unreachable") => "icmp6-" + message,
                _ => $"{type} {message}",
            };
        return with is null ? null : [new RejectTarget(with)];
    }

    private static Target? Nat(string kind, JsonElement value, IpFamily family)
    {
        if (Options(value.Member("flags")) is not { } options)
            return null;
        JsonElement? address = value.Member("addr"), port = value.Member("port");
        PortRange? ports = null;
        if (port is { } written)
        {
            ports = Ports(written);
            if (ports is null)
                return null;
        }
        if (kind is "redirect" or "masquerade")
        {
            if (address is not null)
                return null;
            return kind == "redirect" ? new RedirectTarget(ports, options) : new MasqueradeTarget(ports, options);
        }
        (UInt128, UInt128)? addresses = null;
        if (address is { } to)
        {
            addresses = Addresses(to, family);
            // In the other family's ruleset the statement is there as well, and does not apply.
            if (addresses is null && IsOf(family, value.Text("family")))
                return null;
        }
        if (addresses is null && ports is null && address is null)
            return null;
        var range = new NatRange { Family = family, Addresses = addresses, Ports = ports };
        return kind == "dnat" ? new DnatTarget(range, options) : new SnatTarget(range, options);
    }

    private static NatOptions? Options(JsonElement? flags)
    {
        NatOptions options = NatOptions.None;
        foreach (JsonElement flag in flags?.OneOrMore() ?? [])
        {
            NatOptions? option = ((JsonElement?)flag).Text() switch
            {
                "random" => NatOptions.Random,
                "fully-random" => NatOptions.RandomFully,
                "persistent" => NatOptions.Persistent,
                _ => null,
            };
            if (option is null)
                return null;
            options |= option.Value;
        }
        return options;
    }

    private static PortRange? Ports(JsonElement port)
    {
        if (((JsonElement?)port).Number() is { } one)
            return one <= ushort.MaxValue ? PortRange.Only((ushort)one) : null;
        return port.Tagged("range") is { ValueKind: JsonValueKind.Array } ends && ends.GetArrayLength() == 2
            && ends[0].TryGetPort(out ushort first) && ends[1].TryGetPort(out ushort last) ? new PortRange(first, last) : null;
    }

    private static bool TryGetPort(this JsonElement value, out ushort port)
    {
        uint? number = ((JsonElement?)value).Number();
        port = (ushort)(number ?? 0);
        return number <= ushort.MaxValue;
    }

    private static (UInt128 First, UInt128 Last)? Addresses(JsonElement address, IpFamily family)
    {
        if (address.Tagged("range") is { ValueKind: JsonValueKind.Array } ends)
            return ends.GetArrayLength() == 2 && Address(ends[0], family) is { } first && Address(ends[1], family) is { } last ? (first, last) : null;
        return Address(address, family) is { } one ? (one, one) : null;
    }

    private static UInt128? Address(JsonElement address, IpFamily family) =>
        ((JsonElement?)address).Text() is { } text && AddressPattern.TryParseAddress(text, family, out UInt128 value) ? value : null;

    private static TproxyTarget? Tproxy(JsonElement value, IpFamily family)
    {
        ushort port = 0;
        if (value.Member("port") is { } written && !written.TryGetPort(out port))
            return null;
        AddressPattern? to = null;
        if (value.Member("addr") is { } address)
        {
            if (Address(address, family) is { } known)
                to = new AddressPattern(family, known, AddressPattern.FullMask(family));
            else if (IsOf(family, value.Text("family")))
                return null;
        }
        return new TproxyTarget(port, to, default) { GoesOn = true };
    }
}
