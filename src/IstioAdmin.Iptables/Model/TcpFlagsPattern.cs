using System.Text;

namespace IstioAdmin.Iptables.Model;

/// <summary>Which TCP flags are looked at, and which of these must be set.</summary>
/// <param name="Mask">Flags that are looked at.</param>
/// <param name="Compare">Flags that must be set among them.</param>
public readonly record struct TcpFlagsPattern(TcpControlBits Mask, TcpControlBits Compare)
{
    /// <summary>What <c>--syn</c> stands for.</summary>
    public static TcpFlagsPattern Syn { get; } = new(TcpControlBits.Fin | TcpControlBits.Syn | TcpControlBits.Rst | TcpControlBits.Ack, TcpControlBits.Syn);

    // The order in which libxt_tcp.c prints them.
    private static readonly (TcpControlBits Flag, string Name)[] Names =
    [
        (TcpControlBits.Fin, "FIN"), (TcpControlBits.Syn, "SYN"), (TcpControlBits.Rst, "RST"), (TcpControlBits.Psh, "PSH"), (TcpControlBits.Ack, "ACK"), (TcpControlBits.Urg, "URG"),
    ];

    /// <summary>Reads a comma-separated list of flag names, ALL or NONE.</summary>
    public static bool TryParseFlags(ReadOnlySpan<char> text, out TcpControlBits flags)
    {
        flags = TcpControlBits.None;
        while (true)
        {
            int comma = text.IndexOf(',');
            ReadOnlySpan<char> name = comma < 0 ? text : text[..comma];
            TcpControlBits? flag = name switch
            {
                "ALL" => TcpControlBits.All,
                "NONE" => TcpControlBits.None,
                "FIN" => TcpControlBits.Fin,
                "SYN" => TcpControlBits.Syn,
                "RST" => TcpControlBits.Rst,
                "PSH" => TcpControlBits.Psh,
                "ACK" => TcpControlBits.Ack,
                "URG" => TcpControlBits.Urg,
                _ => null,
            };
            if (flag is null)
                return false;
            flags |= flag.Value;
            if (comma < 0)
                return true;
            text = text[(comma + 1)..];
        }
    }

    /// <summary>Appends mask and comparison as iptables-save prints them.</summary>
    public void AppendTo(StringBuilder text)
    {
        AppendFlags(text, Mask);
        text.Append(' ');
        AppendFlags(text, Compare);
    }

    private static void AppendFlags(StringBuilder text, TcpControlBits flags)
    {
        if (flags == TcpControlBits.None)
        {
            text.Append("NONE");
            return;
        }
        bool first = true;
        foreach ((TcpControlBits flag, string name) in Names)
        {
            if ((flags & flag) == 0)
                continue;
            if (!first)
                text.Append(',');
            text.Append(name);
            first = false;
        }
    }
}
