using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;

namespace IstioAdmin.Iptables.Parsing;

/// <summary>
/// The targets that are understood, one row each; the options of a row are those of the target's source file in iptables
/// (extensions/libxt_NAME.c, libipt_NAME.c, libip6t_NAME.c). Null means: keep the words, understand nothing.
/// </summary>
internal static class TargetGrammar
{
    /// <summary>Reads the options of one target.</summary>
    public static Target? Read(ReadOnlySpan<char> name, ReadOnlySpan<char> options, IpFamily family)
    {
        var reader = new ExtensionReader(options, family);
        Target? target = name switch
        {
            "ACCEPT" => new AcceptTarget(),
            "DROP" => new DropTarget(),
            "RETURN" => new ReturnTarget(),
            "REJECT" => Reject(ref reader),
            "REDIRECT" => Redirect(ref reader),
            "DNAT" => Nat(ref reader, "--to-destination", (range, nat) => new DnatTarget(range, nat)),
            "SNAT" => Nat(ref reader, "--to-source", (range, nat) => new SnatTarget(range, nat)),
            "MASQUERADE" => Masquerade(ref reader),
            "TPROXY" => Tproxy(ref reader),
            "MARK" => Mark(ref reader),
            "CONNMARK" => Connmark(ref reader),
            "CT" => Conntrack(ref reader, "CT"),
            "NOTRACK" => new ConntrackTarget("NOTRACK", true, null),
            "LOG" or "NFLOG" or "TRACE" => new PassingTarget(name.ToString(), Rest(ref reader, options)),
            _ => null,
        };
        return reader.Known && target is not null && !reader.NextOption() ? target : null;
    }

    /// <summary>Whether a name is that of a target that is understood, or of the one more verdict there is.</summary>
    public static bool IsTarget(ReadOnlySpan<char> name) => name is "ACCEPT" or "DROP" or "RETURN" or "QUEUE" or "REJECT" or "REDIRECT" or "DNAT" or "SNAT" or "MASQUERADE"
        or "TPROXY" or "MARK" or "CONNMARK" or "CT" or "NOTRACK" or "LOG" or "NFLOG" or "TRACE";

    private static string Rest(ref ExtensionReader reader, ReadOnlySpan<char> options)
    {
        while (reader.NextOption())
        {
        }
        return options.Trim().ToString();
    }

    private static RejectTarget Reject(ref ExtensionReader reader)
    {
        // Without the option the kernel takes port unreachable; iptables-save always prints it.
        string with = reader.Family == IpFamily.IPv4 ? "icmp-port-unreachable" : "icmp6-port-unreachable";
        if (reader.NextOption())
        {
            if (reader.Option is "--reject-with" && !reader.Negated)
                with = reader.Name();
            else
                reader.Unknown();
        }
        return new RejectTarget(with);
    }

    private static RedirectTarget Redirect(ref ExtensionReader reader)
    {
        (PortRange? ports, NatOptions nat) = PortsAndOptions(ref reader);
        return new RedirectTarget(ports, nat);
    }

    private static MasqueradeTarget Masquerade(ref ExtensionReader reader)
    {
        (PortRange? ports, NatOptions nat) = PortsAndOptions(ref reader);
        return new MasqueradeTarget(ports, nat);
    }

    private static (PortRange? Ports, NatOptions Options) PortsAndOptions(ref ExtensionReader reader)
    {
        PortRange? ports = null;
        NatOptions options = NatOptions.None;
        while (reader.NextOption())
        {
            if (reader.Option is "--to-ports" && ports is null && !reader.Negated)
                ports = reader.Ports('-');
            else if (!TryNatOption(ref reader, ref options))
                reader.Unknown();
        }
        return (ports, options);
    }

    private static Target? Nat(ref ExtensionReader reader, string option, Func<NatRange, NatOptions, Target> make)
    {
        NatRange? range = null;
        NatOptions options = NatOptions.None;
        while (reader.NextOption())
        {
            if (range is null && !reader.Negated && reader.Option.Equals(option, StringComparison.Ordinal))
            {
                if (!NatRange.TryParse(reader.Value(), reader.Family, out range))
                    reader.Unknown();
            }
            else if (!TryNatOption(ref reader, ref options))
            {
                reader.Unknown();
            }
        }
        return range is null ? null : make(range, options);
    }

    private static bool TryNatOption(ref ExtensionReader reader, ref NatOptions options)
    {
        NatOptions option = reader.Negated ? NatOptions.None : reader.Option switch
        {
            "--random" => NatOptions.Random,
            "--random-fully" => NatOptions.RandomFully,
            "--persistent" => NatOptions.Persistent,
            _ => NatOptions.None,
        };
        options |= option;
        return option != NatOptions.None;
    }

    private static TproxyTarget? Tproxy(ref ExtensionReader reader)
    {
        ushort? port = null;
        AddressPattern? address = null;
        var mark = new MaskedValue(0, 0);
        while (reader.NextOption())
        {
            switch (reader.Option)
            {
                case "--on-port":
                    port = reader.UInt16();
                    break;
                // One address: a net here is not iptables'.
                case "--on-ip" when AddressPattern.TryParse(reader.Value(), reader.Family, out AddressPattern parsed) && parsed.Mask == AddressPattern.FullMask(reader.Family):
                    address = parsed;
                    break;
                case "--tproxy-mark":
                    mark = reader.Mark();
                    break;
                default:
                    reader.Unknown();
                    break;
            }
        }
        address ??= new AddressPattern(reader.Family, UInt128.Zero, AddressPattern.FullMask(reader.Family));
        return port is { } known ? new TproxyTarget(known, address, mark) : null;
    }

    private static MarkTarget? Mark(ref ExtensionReader reader)
    {
        if (!reader.NextOption() || reader.Negated)
            return null;
        // The short forms are --set-xmark in other words (libxt_MARK.c).
        switch (reader.Option)
        {
            case "--set-xmark":
                return new MarkTarget(reader.Mark());
            case "--set-mark":
                MaskedValue set = reader.Mark();
                return new MarkTarget(new(set.Value, set.Value | set.Mask));
            case "--or-mark":
                uint or = reader.UInt32();
                return new MarkTarget(new(or, or));
            case "--and-mark":
                return new MarkTarget(new(0, ~reader.UInt32()));
            case "--xor-mark":
                return new MarkTarget(new(reader.UInt32(), 0));
            default:
                return null;
        }
    }

    private static ConnmarkTarget? Connmark(ref ExtensionReader reader)
    {
        if (!reader.NextOption() || reader.Negated)
            return null;
        switch (reader.Option)
        {
            case "--set-xmark":
                return new ConnmarkTarget(ConnmarkOperation.Set, reader.Mark());
            case "--set-mark":
                MaskedValue set = reader.Mark();
                return new ConnmarkTarget(ConnmarkOperation.Set, new(set.Value, set.Value | set.Mask));
            case "--save-mark":
                return Masks(ref reader, ConnmarkOperation.Save);
            case "--restore-mark":
                return Masks(ref reader, ConnmarkOperation.Restore);
            default:
                return null;
        }
    }

    private static ConnmarkTarget Masks(ref ExtensionReader reader, ConnmarkOperation operation)
    {
        uint packet = uint.MaxValue, connection = uint.MaxValue;
        while (reader.NextOption())
        {
            switch (reader.Option)
            {
                case "--nfmask":
                    packet = reader.UInt32();
                    break;
                case "--ctmask":
                    connection = reader.UInt32();
                    break;
                case "--mask":
                    packet = connection = reader.UInt32();
                    break;
                default:
                    reader.Unknown();
                    break;
            }
        }
        return new ConnmarkTarget(operation, default, packet, connection);
    }

    private static ConntrackTarget Conntrack(ref ExtensionReader reader, string name)
    {
        bool noTrack = false;
        ushort? zone = null;
        while (reader.NextOption())
        {
            switch (reader.Option)
            {
                case "--notrack":
                    noTrack = true;
                    break;
                case "--zone":
                    zone = reader.UInt16();
                    break;
                default:
                    reader.Unknown();
                    break;
            }
        }
        return new ConntrackTarget(name, noTrack, zone);
    }
}
