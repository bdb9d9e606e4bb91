namespace IstioAdmin.Core.Pke;

/// <summary>A node as Pipeline tells of it.</summary>
/// <param name="Name">Name.</param>
/// <param name="NodePool">The pool that it belongs to; null when no label says so.</param>
/// <param name="Ready">Whether its condition Ready holds.</param>
/// <param name="IsMaster">Whether it carries the control plane.</param>
/// <param name="Version">Version of its kubelet.</param>
/// <param name="Runtime">Its container runtime with version.</param>
/// <param name="CreatedAt">When it joined, by the server's clock.</param>
/// <param name="Labels">Its labels.</param>
public sealed record PkeNode(
    string Name, string? NodePool, bool Ready, bool IsMaster, string? Version, string? Runtime, DateTimeOffset? CreatedAt, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
