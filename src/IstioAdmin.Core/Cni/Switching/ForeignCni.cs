using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Operators;
using k8s.Models;

namespace IstioAdmin.Core.Cni.Switching;

/// <summary>A DaemonSet of CNI agents that no operator has made.</summary>
/// <param name="DaemonSet">Its namespace and name.</param>
/// <param name="Maker">What has, in words.</param>
/// <param name="HowToChange">How CNI is switched with that.</param>
internal sealed record ForeignCni(string DaemonSet, string Maker, string HowToChange)
{
    private const string Release = "meta.helm.sh/release-name";
    private const string ManagedBy = "app.kubernetes.io/managed-by";

    /// <summary>Finds those of a cluster.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="known">The agents' DaemonSets, where they have been listed already.</param>
    /// <param name="cancel">Stops.</param>
    public static async Task<IReadOnlyList<ForeignCni>> FindAsync(MeshCluster cluster, IReadOnlyList<CniDaemonSet>? known, CancellationToken cancel) =>
        [.. (known ?? await CniDaemonSet.FindAsync(cluster.Client, cancel).ConfigureAwait(false)).Select(daemons => daemons.Set).Where(set => !IsOfOperator(set)).Select(Of)];

    /// <summary>Whether one of the known operators owns a DaemonSet.</summary>
    public static bool IsOfOperator(V1DaemonSet set) => set.Metadata.OwnerReferences?.Any(owner =>
        MeshOperator.All.Any(one => owner.ApiVersion?.StartsWith(one.Mesh.Group + "/", StringComparison.Ordinal) == true)) == true
        // Cisco's operator marks what it makes with the release of its chart instead of an owner where those are in another namespace.
        || (set.Metadata.Labels?.TryGetValue("release", out string? release) == true && release == "istio-cni" && set.Metadata.Annotations?.ContainsKey(Release) != true);

    private static ForeignCni Of(V1DaemonSet set)
    {
        string name = $"DaemonSet {set.Metadata.NamespaceProperty}/{set.Metadata.Name}";
        if (Annotation(set, Release) is { } release)
        {
            string ns = Annotation(set, "meta.helm.sh/release-namespace") ?? set.Metadata.NamespaceProperty;
            return new ForeignCni(name, $"the Helm release {ns}/{release}",
                $"Change it there: helm upgrade {release} --namespace {ns} --reuse-values --set …, and pilot.cni.enabled of the release of istiod; helm uninstall {release} --namespace {ns} removes it.");
        }
        if (Label(set, "operator.istio.io/component") is not null || Label(set, "install.operator.istio.io/owning-resource") is { } owner && owner != "unknown")
        {
            return new ForeignCni(name, "istioctl or Istio's former in-cluster operator",
                "Change it there: istioctl install --set components.cni.enabled=true (or false) with the IstioOperator file that the mesh was installed with.");
        }
        string maker = Label(set, ManagedBy)
            ?? set.Metadata.ManagedFields?.Where(entry => entry.Manager != "kube-controller-manager").Select(entry => entry.Manager).FirstOrDefault()
            ?? "somebody else";
        return new ForeignCni(name, maker, $"Change or delete the manifests that {maker} applies (kubectl, a GitOps repository), then run the command again.");
    }

    private static string? Annotation(V1DaemonSet set, string name) => set.Metadata.Annotations?.TryGetValue(name, out string? value) == true ? value : null;

    private static string? Label(V1DaemonSet set, string name) => set.Metadata.Labels?.TryGetValue(name, out string? value) == true ? value : null;
}
