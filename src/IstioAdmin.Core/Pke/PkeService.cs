namespace IstioAdmin.Core.Pke;

/// <summary>Something that Pipeline runs in a cluster beside it, such as DNS, logging or ingress: what became of post hooks in later versions.</summary>
/// <param name="Name">Name of the service.</param>
/// <param name="Status"><c>inactive</c>, <c>pending</c>, <c>active</c> or <c>error</c>.</param>
public sealed record PkeService(string Name, string Status)
{
    /// <summary>Name and status.</summary>
    public override string ToString() => $"{Name} {Status}";
}
