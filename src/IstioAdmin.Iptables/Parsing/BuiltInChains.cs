namespace IstioAdmin.Iptables.Parsing;

/// <summary>The chains that the kernel's hooks call, by table (iptables(8), section TABLES).</summary>
internal static class BuiltInChains
{
    /// <summary>Whether a chain of that name is built in; its policy is ACCEPT until it is set.</summary>
    public static bool Contains(string table, string chain) => (table, chain) switch
    {
        ("raw", "PREROUTING" or "OUTPUT") => true,
        ("mangle", "PREROUTING" or "INPUT" or "FORWARD" or "OUTPUT" or "POSTROUTING") => true,
        ("nat", "PREROUTING" or "INPUT" or "OUTPUT" or "POSTROUTING") => true,
        ("filter" or "security", "INPUT" or "FORWARD" or "OUTPUT") => true,
        _ => false,
    };
}
