namespace IstioAdmin.Iptables.Model;

/// <summary>Flags of a TCP header, with the values they have on the wire (RFC 9293, section 3.1).</summary>
[Flags]
public enum TcpControlBits : byte
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Last segment of the sender.</summary>
    Fin = 1,

    /// <summary>Opens a connection.</summary>
    Syn = 2,

    /// <summary>Resets a connection.</summary>
    Rst = 4,

    /// <summary>Push.</summary>
    Psh = 8,

    /// <summary>Acknowledgement.</summary>
    Ack = 16,

    /// <summary>Urgent.</summary>
    Urg = 32,

    /// <summary>The six that the tcp match knows.</summary>
    All = Fin | Syn | Rst | Psh | Ack | Urg,
}
