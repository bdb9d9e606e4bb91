using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Verdicts;

namespace IstioAdmin.Core.Redirection.Repair;

/// <summary>A pod that is to be repaired, and what is known to be wrong with it.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Verdict">The verdict about its redirection; null while nobody has tested it.</param>
/// <param name="Findings">What was found.</param>
public sealed record BrokenPod(MeshPod Pod, RedirectionVerdict? Verdict, IReadOnlyList<RedirectionFinding> Findings)
{
    /// <summary>Whether there is nothing to repair.</summary>
    public bool IsSound => Verdict is RedirectionVerdict.Redirected or RedirectionVerdict.NotExpected;
}
