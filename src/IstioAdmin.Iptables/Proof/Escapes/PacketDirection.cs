namespace IstioAdmin.Iptables.Proof.Escapes;

/// <summary>How packets meet the host.</summary>
public enum PacketDirection
{
    /// <summary>From the wire to an address of the host.</summary>
    Inbound,

    /// <summary>From a local process to wherever.</summary>
    Outbound,

    /// <summary>From the wire to another host's address, through this one.</summary>
    Forwarded,
}
