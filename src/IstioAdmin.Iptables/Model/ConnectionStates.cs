using System.Text;

namespace IstioAdmin.Iptables.Model;

/// <summary>What conntrack knows of a packet's connection; a packet has exactly one of the first five.</summary>
[Flags]
public enum ConnectionStates : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Belongs to no known connection and is no proper first packet.</summary>
    Invalid = 1,

    /// <summary>First packet of a connection.</summary>
    New = 2,

    /// <summary>First packet of a connection that another one announced, or an error about one.</summary>
    Related = 4,

    /// <summary>Packet of a connection that has seen both directions.</summary>
    Established = 8,

    /// <summary>Not tracked.</summary>
    Untracked = 16,

    /// <summary>Virtual state: the source address was rewritten.</summary>
    Snat = 32,

    /// <summary>Virtual state: the destination address was rewritten.</summary>
    Dnat = 64,
}

/// <summary>Text form of <see cref="ConnectionStates"/>.</summary>
public static class ConnectionStateText
{
    // The order in which libxt_conntrack.c prints them.
    private static readonly (ConnectionStates State, string Name)[] Names =
    [
        (ConnectionStates.Invalid, "INVALID"), (ConnectionStates.New, "NEW"), (ConnectionStates.Related, "RELATED"),
        (ConnectionStates.Established, "ESTABLISHED"), (ConnectionStates.Untracked, "UNTRACKED"),
        (ConnectionStates.Snat, "SNAT"), (ConnectionStates.Dnat, "DNAT"),
    ];

    /// <summary>Reads a comma-separated list; <paramref name="withNat"/> says whether SNAT and DNAT may be among them.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, bool withNat, out ConnectionStates states)
    {
        states = ConnectionStates.None;
        while (true)
        {
            int comma = text.IndexOf(',');
            ConnectionStates state = Parse(comma < 0 ? text : text[..comma]);
            if (state == ConnectionStates.None || (!withNat && state >= ConnectionStates.Snat))
                return false;
            states |= state;
            if (comma < 0)
                return true;
            text = text[(comma + 1)..];
        }
    }

    /// <summary>Appends the list as iptables-save prints it.</summary>
    public static void Append(StringBuilder text, ConnectionStates states)
    {
        bool first = true;
        foreach ((ConnectionStates state, string name) in Names)
        {
            if ((states & state) == 0)
                continue;
            if (!first)
                text.Append(',');
            text.Append(name);
            first = false;
        }
    }

    private static ConnectionStates Parse(ReadOnlySpan<char> name)
    {
        foreach ((ConnectionStates state, string known) in Names)
        {
            if (name.Equals(known, StringComparison.Ordinal))
                return state;
        }
        return ConnectionStates.None;
    }
}
