namespace IstioAdmin.Iptables.Parsing;

/// <summary>The chains that the kernel's hooks call, by table (iptables(8), section TABLES).</summary>
internal static class BuiltInChains
{
    /// <summary>Whether a chain of that name is built in; its policy is ACCEPT until it is set.</summary>
    public static bool Contains(string table, ReadOnlySpan<char> chain) => table switch
    {
        "raw" => chain is "PREROUTING" or "OUTPUT",
        "mangle" => chain is "PREROUTING" or "INPUT" or "FORWARD" or "OUTPUT" or "POSTROUTING",
        "nat" => chain is "PREROUTING" or "INPUT" or "OUTPUT" or "POSTROUTING",
        "filter" or "security" => chain is "INPUT" or "FORWARD" or "OUTPUT",
        _ => false,
    };
}
