using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Reading;
using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Printing;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Sandbox.Nodes.Cni;

/// <summary>The rules that istio-init or the CNI plugin of a pod's release would write for it.</summary>
internal static class PodRules
{
    private const int MostTexts = 1024;
    private static readonly ConcurrentDictionary<string, SinglePods> Readers = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<(PodRedirectionSettings, IpFamily), string> Texts = new();

    /// <summary>A pod as the mesh sees it.</summary>
    /// <param name="pod">The object.</param>
    /// <param name="address">The address that it gets.</param>
    /// <param name="excluded">The plugin's <c>exclude_namespaces</c>; null when there is no plugin.</param>
    public static MeshPod Read(JsonObject pod, string address, IReadOnlyList<string>? excluded)
    {
        string key = excluded is null ? "" : $"={string.Join(',', excluded)}";
        if (Readers.Count > 64)
            Readers.Clear();
        SinglePods reader = Readers.GetOrAdd(key, _ => new SinglePods("sandbox",
            excluded is null ? [] : [new IstioInstallation { Operator = default, Namespace = "", Name = "", CniEnabled = true, CniExcludedNamespaces = excluded }]));
        return reader.Read(JsonSerializer.SerializeToUtf8Bytes(pod)) with { PodIPs = [address] };
    }

    /// <summary>What is to be written for a pod, by the way that its redirection goes.</summary>
    public static RedirectionPolicy Policy(MeshPod pod) => RedirectionPolicies.Shared.For(pod);

    /// <summary>Writes a pod's rules as its settings have it.</summary>
    /// <exception cref="RedirectionSettingException">iptables would refuse them.</exception>
    public static void Write(PodNetwork network, PodRedirectionSettings settings)
    {
        foreach (IpFamily family in (IpFamily[])[IpFamily.IPv4, IpFamily.IPv6])
            network.Set(family, Text(settings, family));
    }

    private static string Text(PodRedirectionSettings settings, IpFamily family)
    {
        // Lists in a record compare by instance; policies are shared, so their settings are, too.
        if (Texts.TryGetValue((settings, family), out string? known))
            return known;
        if (Texts.Count >= MostTexts)
            Texts.Clear();
        return Texts[(settings, family)] = SavePrinter.Print(PodRedirectionRules.Write(settings, family));
    }
}
