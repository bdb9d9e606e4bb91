using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;

namespace IstioAdmin.Core.Mesh.Remotes;

/// <summary>What taking in a remote cluster, or letting go of one, would do in both clusters. Making a plan changes nothing.</summary>
public sealed record RemotePlan
{
    /// <summary>The mesh's cluster.</summary>
    public required MeshCluster Cluster { get; init; }

    /// <summary>The mesh.</summary>
    public required IstioMesh Mesh { get; init; }

    /// <summary>The name by which the mesh knows the remote cluster.</summary>
    public required string Name { get; init; }

    /// <summary>The parts, each in one cluster, in the order in which they run.</summary>
    public required IReadOnlyList<ChangePlan> Parts { get; init; }

    /// <summary>The remote cluster as it was found; null when it is not there yet.</summary>
    public IstioRemoteCluster? Found { get; init; }

    /// <summary>Whether it is only the beginning of a removal: the operator needs the rest for as long as it has not let go.</summary>
    public bool LeavesRest { get; init; }

    /// <summary>Whether anything is to be written.</summary>
    public bool Writes => Parts.Any(part => part.Steps.Any(step => step.Writes));

    /// <summary>Whether some step has been declined.</summary>
    public bool IsPartial => Parts.Any(part => part.Steps.Any(step => step.Action == ChangeAction.Decline));

    /// <summary>Asks about each step that writes, in order, and declines those that are not approved.</summary>
    public RemotePlan Approve(Func<MeshCluster, ChangeStep, bool> ask) => this with { Parts = [.. Parts.Select(part => part.Approve(step => ask(part.Cluster, step)))] };
}
