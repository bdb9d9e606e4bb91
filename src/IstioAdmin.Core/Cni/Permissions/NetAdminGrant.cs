namespace IstioAdmin.Core.Cni.Permissions;

/// <summary>Something that lets pods ask for NET_ADMIN.</summary>
/// <param name="Kind">Its kind: Namespace, PodSecurityPolicy, SecurityContextConstraints, Role or ClusterRole.</param>
/// <param name="Namespace">Its namespace; null for cluster scope.</param>
/// <param name="Name">Its name.</param>
/// <param name="Grants">What it allows, as a phrase.</param>
/// <param name="Advice">What can be done now, as a sentence.</param>
public sealed record NetAdminGrant(string Kind, string? Namespace, string Name, string Grants, string Advice)
{
    /// <summary>Kind and name.</summary>
    public override string ToString() => $"{Kind} {(Namespace is null ? Name : $"{Namespace}/{Name}")}";
}
