namespace IstioAdmin.Core.Operators.Cisco;

/// <summary>The release lines of the operator's second generation: one branch, one minor version of Istio each.</summary>
internal static class CiscoReleases
{
    private const string Repository = "ghcr.io/banzaicloud/istio-operator";

    /// <summary>
    /// The known lines, oldest first. Source: banzaicloud/istio-operator, branches release-1.11 to release-1.17,
    /// <c>deploy/charts/istio-operator/Chart.yaml</c> (kubeVersion; <c>&lt; 1.27.0-0</c> ends with 1.26) and <c>values.yaml</c>.
    /// </summary>
    public static IReadOnlyList<OperatorLine> Known { get; } =
    [
        new(11, $"{Repository}:v2.11.8", 19, 22),
        new(12, $"{Repository}:v2.12.0", 19, 22),
        new(13, $"{Repository}:v2.13.6", 20, 22),
        new(15, $"{Repository}:v2.15.12", 21, 25),
        new(16, $"{Repository}:v2.16.1", 22, 25),
        new(17, $"{Repository}:v2.17.4", 23, 26),
    ];
}
