namespace IstioAdmin.Iptables.Tracing;

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

/// <summary>Which tables a hook calls, in the order of their priorities (include/uapi/linux/netfilter_ipv4.h).</summary>
public static class HookOrder
{
    private static readonly string[] Prerouting = ["raw", "mangle", "nat"];
    private static readonly string[] Input = ["mangle", "filter", "security", "nat"];
    private static readonly string[] Forward = ["mangle", "filter", "security"];
    private static readonly string[] Output = ["raw", "mangle", "nat", "filter", "security"];
    private static readonly string[] Postrouting = ["mangle", "nat"];

    /// <summary>The tables of a hook.</summary>
    public static IReadOnlyList<string> Tables(Hook hook) => hook switch
    {
        Hook.Prerouting => Prerouting,
        Hook.Input => Input,
        Hook.Forward => Forward,
        Hook.Output => Output,
        _ => Postrouting,
    };

    /// <summary>The name of the chain that a hook calls in every table.</summary>
    public static string Chain(Hook hook) => hook switch
    {
        Hook.Prerouting => "PREROUTING",
        Hook.Input => "INPUT",
        Hook.Forward => "FORWARD",
        Hook.Output => "OUTPUT",
        _ => "POSTROUTING",
    };
}
