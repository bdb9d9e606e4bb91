namespace IstioAdmin.Core.Redirection.Sources;

/// <summary>The ids that processes of a container run with, as the node sees them.</summary>
/// <param name="Container">Name of the container; null when its id is none of the pod's.</param>
/// <param name="User">Effective user id, in the node's user namespace as netfilter compares it.</param>
/// <param name="Group">Effective group id.</param>
public sealed record PodProcess(string? Container, uint User, uint Group);
