using System.Diagnostics;

namespace IstioAdmin.Cluster.Tests.Bench;

/// <summary>What a node may change on the machine that it runs on, one line for each thing.</summary>
public sealed record Machine(string Interfaces, string Mounts, string NetworkNamespaces, string Cgroups, string Sysctls, string Iptables)
{
    private static readonly string[] Settings =
        ["kernel/panic", "kernel/panic_on_oops", "vm/overcommit_memory", "vm/panic_on_oom", "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"];

    public static async Task<Machine> LookAsync() => new(
        Interfaces: Lines(Directory.EnumerateDirectories("/sys/class/net")),
        Mounts: Lines(File.ReadLines("/proc/self/mountinfo").Where(mount => mount.Contains("istioadmin", StringComparison.Ordinal))),
        NetworkNamespaces: Lines(Directory.Exists("/run/netns") ? Directory.EnumerateFiles("/run/netns") : []),
        Cgroups: Lines(Directory.EnumerateDirectories("/sys/fs/cgroup", "*istioadmin*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })),
        Sysctls: Lines(Settings.Select(name => $"{name}={File.ReadAllText("/proc/sys/" + name).Trim()}")),
        Iptables: await RulesAsync());

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines.Order(StringComparer.Ordinal));

    private static async Task<string> RulesAsync()
    {
        using Process save = Process.Start(new ProcessStartInfo("iptables-save") { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string rules = await save.StandardOutput.ReadToEndAsync();
        await save.WaitForExitAsync();
        return Lines(rules.Split('\n').Where(line => line.StartsWith('-')));
    }
}
