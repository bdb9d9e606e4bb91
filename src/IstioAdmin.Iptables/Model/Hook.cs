namespace IstioAdmin.Iptables.Model;

/// <summary>The places in the kernel's packet path where chains are called (include/uapi/linux/netfilter.h).</summary>
public enum Hook
{
    /// <summary>After arrival, before routing.</summary>
    Prerouting,

    /// <summary>Before delivery to a local socket.</summary>
    Input,

    /// <summary>On the way through.</summary>
    Forward,

    /// <summary>After a local process sent it.</summary>
    Output,

    /// <summary>Before it leaves.</summary>
    Postrouting,
}
