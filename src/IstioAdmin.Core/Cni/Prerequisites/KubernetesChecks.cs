using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Cni.Prerequisites;

/// <summary>Checks of the server's version and of what can be known of the nodes' kernels.</summary>
internal static class KubernetesChecks
{
    /// <summary>Releases of Istio before 1.10 bring webhooks, CRDs and roles in v1beta1, which Kubernetes 1.22 dropped.</summary>
    public static PrerequisiteResult Version(MeshCluster cluster, CniTarget? target)
    {
        Prerequisite check = Prerequisite.KubernetesVersion;
        string? istio = target is null ? null : IstioVersion.Of(target.Operator.Cni.Version(target.Resources.Mesh));
        if (!IstioRelease.TryParse(cluster.Version, out IstioRelease kubernetes))
            return check.Unknown(cluster.Name, $"The server's version '{cluster.Version}' is none that can be compared.", null);
        return istio is not null && IstioRelease.TryParse(istio, out IstioRelease release) && release < new IstioRelease(1, 10) && kubernetes >= new IstioRelease(1, 22)
            ? check.Warn(cluster.Name, $"Kubernetes {cluster.Version} no longer has APIs that Istio {istio} was made for; its operator may be unable to make what the plugin needs.",
                "Use a release of Istio from 1.10 on, or a cluster before Kubernetes 1.22.")
            : check.Pass(cluster.Name, $"Kubernetes {cluster.Version}{(istio is null ? "" : $", Istio {istio}")}.");
    }

    /// <summary>No API tells which modules a kernel has; a node on which istio-init has written its rules has them.</summary>
    public static PrerequisiteResult Kernel(MeshCluster cluster, MeshedPods pods)
    {
        Prerequisite check = Prerequisite.KernelModules;
        return pods.ProvenNodes.Count > 0
            ? check.Pass(cluster.Name, $"istio-init has written the same rules on {string.Join(", ", pods.ProvenNodes.Order(StringComparer.Ordinal).Take(5))}{(pods.ProvenNodes.Count > 5 ? $" and {pods.ProvenNodes.Count - 5} more nodes" : "")}; other nodes are taken to be alike.")
            : check.Unknown(cluster.Name, "No pod has redirected itself on a node yet, and no API tells a kernel's modules.", "On a node: lsmod | grep -E 'ip_tables|iptable_nat|xt_'; or see the agent's log once it runs.");
    }
}
