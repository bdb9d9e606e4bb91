using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection;

/// <summary>What is to be expected of a pod: how its traffic is redirected, whether it must be, and why.</summary>
/// <param name="Method">How, as the pod's specification tells.</param>
/// <param name="Expected">Whether Istio must redirect its traffic: every condition is met.</param>
/// <param name="Conditions">The conditions, in the order in which they are asked.</param>
public sealed record RedirectionExpectation(RedirectMethod Method, bool Expected, IReadOnlyList<RedirectionCondition> Conditions);
