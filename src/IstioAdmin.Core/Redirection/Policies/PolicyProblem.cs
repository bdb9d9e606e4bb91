namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>A setting of a pod that cannot be what its author meant, and what this release of Istio makes of it.</summary>
/// <param name="Name">Short stable name in PascalCase, for example <c>InvalidPort</c>.</param>
/// <param name="Text">The setting, its value, and what Istio does with it, as a sentence.</param>
/// <param name="Remedy">What to write instead, as a sentence.</param>
/// <param name="Source">The annotation, variable or argument.</param>
public sealed record PolicyProblem(string Name, string Text, string Remedy, string Source);
