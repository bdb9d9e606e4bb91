using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Operators.Manifests;

namespace IstioAdmin.Core.Operators.Cisco;

/// <summary>
/// The objects that make up the operator's second generation. Arguments and ports are facts of <c>main.go</c> and
/// <c>deploy/charts/istio-operator</c> in banzaicloud/istio-operator, release-1.17. It has no webhook of its own.
/// </summary>
internal static class CiscoManifests
{
    public const string PartOf = "cisco-istio-operator";

    /// <summary>Another name than the first generation's, so that both can be there while a mesh moves from one to the other.</summary>
    public const string Name = "istio-operator-v2";

    public const string Namespace = "istio-system";

    /// <summary>How the operator is to run.</summary>
    /// <param name="release">Its release line.</param>
    /// <param name="ns">Its namespace.</param>
    /// <param name="image">Its image; null for the line's own.</param>
    /// <param name="pullSecrets">Secrets to pull it with.</param>
    public static OperatorDeployment Deployment(OperatorLine release, string ns, string? image = null, IReadOnlyList<string>? pullSecrets = null) => new()
    {
        PartOf = PartOf,
        Name = Name,
        Namespace = ns,
        Version = release.Version,
        Image = image ?? release.Image,
        PullSecrets = pullSecrets ?? [],
        Rules = AccessRule.Rules(CiscoRole.Rules, release.Istio),
        Arguments = ["--leader-election-enabled", $"--leader-election-name={Name}-leader", $"--leader-election-namespace={ns}"],
        PodSecurity = new JsonObject { ["runAsNonRoot"] = true, ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" } },
        ContainerSecurity = new JsonObject
        {
            ["allowPrivilegeEscalation"] = false,
            ["readOnlyRootFilesystem"] = true,
            ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
        },
    };

    /// <summary>All objects but the namespace, in the order in which they are to be created.</summary>
    /// <param name="deployment">How the operator is to run.</param>
    /// <param name="definitions">The version of CustomResourceDefinition that the server serves.</param>
    public static IReadOnlyList<ObjectManifest> All(OperatorDeployment deployment, KubeResource definitions) =>
    [
        .. CiscoDefinitions.All.Select(definition => definition.Manifest(definitions, deployment.Labels())),
        .. deployment.Manifests(),
    ];
}
