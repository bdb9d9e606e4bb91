namespace IstioAdmin.Core.Mesh;

/// <summary>The controller that made a pod.</summary>
/// <param name="Kind">Its kind, for example <c>ReplicaSet</c>.</param>
/// <param name="Name">Its name.</param>
public sealed record PodOwner(string Kind, string Name)
{
    /// <summary>Kind and name as kubectl writes them: <c>ReplicaSet/web-5d4f</c>.</summary>
    public override string ToString() => $"{Kind}/{Name}";
}
