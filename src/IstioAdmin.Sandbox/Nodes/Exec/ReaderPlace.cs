using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes.Exec;

/// <summary>What a container that reads rules can see and do, as its specification and its image have it.</summary>
/// <param name="SeesNode">Whether it sees the processes of its node, in its own /proc or in a mounted one.</param>
/// <param name="EntersNamespaces">Whether it may enter the network namespaces of other pods.</param>
/// <param name="Proc">Where it looks at processes.</param>
/// <param name="Tools">The programs that it has.</param>
internal sealed record ReaderPlace(bool SeesNode, bool EntersNamespaces, string Proc, IReadOnlyList<string> Tools)
{
    private static readonly string[] Always = ["nsenter", "grep", "ls"];

    private static readonly string[] Savers =
        ["iptables-nft-save", "ip6tables-nft-save", "iptables-legacy-save", "ip6tables-legacy-save", "iptables-save", "ip6tables-save"];

    public static ReaderPlace Of(JsonObject pod, ContainerRun container)
    {
        JsonObject? spec = Meta.Items(pod, "spec", "containers").FirstOrDefault(one => Json.Text(one, "name") == container.Name);
        bool privileged = Json.Flag(spec, "securityContext", "privileged") == true;
        IReadOnlyList<string> added = Json.Texts(spec, "securityContext", "capabilities", "add");
        bool mounted = Mounts.Of(pod, container.Name).HasProc;
        return new ReaderPlace(
            mounted || Json.Flag(pod, "spec", "hostPID") == true,
            privileged || added.Contains("ALL") || (added.Contains("SYS_ADMIN") && added.Contains("NET_ADMIN")),
            mounted ? "/host/proc" : "/proc",
            ToolsOf(container.Image));
    }

    /// <summary>The images of the first generations' agent were Alpine's, without iptables; today's, and proxies, have all of it. No image has nft.</summary>
    private static string[] ToolsOf(string image)
    {
        bool oldAgent = image.Contains("install-cni:", StringComparison.Ordinal)
            && Core.Mesh.IstioRelease.TryParse(Core.Mesh.ProxyImage.VersionOf(image), out Core.Mesh.IstioRelease release) && release < new Core.Mesh.IstioRelease(1, 5);
        return oldAgent ? Always : [.. Always, .. Savers];
    }
}
