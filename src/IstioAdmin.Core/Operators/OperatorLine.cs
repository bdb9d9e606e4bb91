using System.Globalization;

namespace IstioAdmin.Core.Operators;

/// <summary>A release line of an operator that this module can install by itself: for one minor version of Istio.</summary>
/// <param name="Istio">Minor version of Istio: 4 for 1.4.</param>
/// <param name="Image">The line's last image.</param>
/// <param name="OldestKubernetes">Oldest minor version of Kubernetes 1.x that it runs on.</param>
/// <param name="NewestKubernetes">Newest one.</param>
internal record OperatorLine(int Istio, string Image, int OldestKubernetes, int NewestKubernetes)
{
    /// <summary>The version as people write it: <c>1.4</c>.</summary>
    public string Version => string.Create(CultureInfo.InvariantCulture, $"1.{Istio}");

    /// <summary>Whether it runs on a minor version of Kubernetes 1.x.</summary>
    public bool RunsOn(int kubernetes) => OldestKubernetes <= kubernetes && kubernetes <= NewestKubernetes;

    /// <summary>Version and range in words: <c>1.4 (Kubernetes 1.13 to 1.21)</c>.</summary>
    public sealed override string ToString() => $"{Version} (Kubernetes 1.{OldestKubernetes} to 1.{NewestKubernetes})";
}
