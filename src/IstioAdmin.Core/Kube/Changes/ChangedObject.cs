namespace IstioAdmin.Core.Kube.Changes;

/// <summary>An object of a plan, and what happened to it.</summary>
/// <param name="Kind">Kind, for example <c>Deployment</c>.</param>
/// <param name="Namespace">Namespace; null for cluster scope.</param>
/// <param name="Name">Name.</param>
/// <param name="Outcome">What happened to it.</param>
public sealed record ChangedObject(string Kind, string? Namespace, string Name, ChangeOutcome Outcome)
{
    /// <summary>The object in words: <c>Deployment default/reviews-v1</c>.</summary>
    public override string ToString() => Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
