using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Operators.Manifests;

namespace IstioAdmin.Core.Operators.Banzai;

/// <summary>
/// The objects that make up Banzai Cloud's operator. Arguments, ports and labels are facts of <c>cmd/manager/main.go</c>,
/// <c>pkg/webhook/server/server.go</c> and <c>deploy/charts/istio-operator</c> in banzaicloud/istio-operator; its chart repository is gone.
/// </summary>
internal static class BanzaiManifests
{
    public const string PartOf = "banzai-istio-operator";
    public const string Name = "istio-operator";
    public const string Namespace = "istio-system";

    /// <summary>The operator's validating webhook: keeps a second Istio resource out.</summary>
    public const string Webhook = "istio-operator-webhook";

    /// <summary>How the operator is to run.</summary>
    /// <param name="release">Its release line.</param>
    /// <param name="ns">Its namespace.</param>
    /// <param name="image">Its image; null for the line's own.</param>
    /// <param name="pullSecrets">Secrets to pull it with.</param>
    public static OperatorDeployment Deployment(BanzaiRelease release, string ns, string? image = null, IReadOnlyList<string>? pullSecrets = null) => new()
    {
        PartOf = PartOf,
        Name = Name,
        Namespace = ns,
        Version = release.Version,
        Image = image ?? release.Image,
        PullSecrets = pullSecrets ?? [],
        Rules = AccessRule.Rules(BanzaiRole.Rules, release.Istio),
        Arguments = Arguments(release, ns),
        // The service that the operator makes for its webhook selects by this label alone.
        PodLabels = new Dictionary<string, string> { ["control-plane"] = "controller-manager" },
        WebhookPort = release.WebhookPort,
        ContainerSecurity = ContainerSecurity(release),
        Single = true,
    };

    /// <summary>All objects but the namespace, in the order in which they are to be created.</summary>
    /// <param name="release">The release line.</param>
    /// <param name="deployment">How the operator is to run.</param>
    /// <param name="definitions">The version of CustomResourceDefinition that the server serves.</param>
    public static IReadOnlyList<ObjectManifest> All(BanzaiRelease release, OperatorDeployment deployment, KubeResource definitions) =>
    [
        .. BanzaiDefinitions.Of(release).Select(definition => definition.Manifest(definitions, deployment.Labels())),
        .. deployment.Manifests(),
        .. release.MakesItsWebhook ? (ObjectManifest[])[] : [WebhookManifest(deployment)],
    ];

    private static List<string> Arguments(BanzaiRelease release, string ns)
    {
        List<string> arguments = [];
        if (release.ElectsLeader)
            arguments.AddRange(["--leader-election-enabled", $"--leader-election-name={Name}-leader", $"--leader-election-namespace={ns}"]);
        if (!release.MakesItsWebhook)
            arguments.Add($"--webhook-name={Webhook}");
        if (release.NeedsWebhookAddress)
            arguments.Add($"--webhook-service-address={Name}.{ns}.svc");
        return arguments;
    }

    // The images run as root, and the older lines listen on 443.
    private static JsonObject ContainerSecurity(BanzaiRelease release)
    {
        var capabilities = new JsonObject { ["drop"] = new JsonArray("ALL") };
        if (release.WebhookPort < 1024)
            capabilities["add"] = new JsonArray("NET_BIND_SERVICE");
        return new JsonObject { ["allowPrivilegeEscalation"] = false, ["readOnlyRootFilesystem"] = true, ["capabilities"] = capabilities };
    }

    // Without its certificate, which the operator fills in.
    private static ObjectManifest WebhookManifest(OperatorDeployment deployment) => ObjectManifest.Create(
        KubeResource.ValidatingWebhooks, null, Webhook, deployment.Labels(), ("webhooks", new JsonArray(new JsonObject
        {
            ["name"] = "istio.validation.banzaicloud.io",
            ["clientConfig"] = new JsonObject
            {
                ["service"] = new JsonObject { ["name"] = Name, ["namespace"] = deployment.Namespace, ["path"] = "/validate-istio-config" },
            },
            ["rules"] = new JsonArray(new JsonObject
            {
                ["apiGroups"] = new JsonArray("istio.banzaicloud.io"),
                ["apiVersions"] = new JsonArray("v1beta1"),
                ["operations"] = new JsonArray("CREATE"),
                ["resources"] = new JsonArray("istios"),
            }),
            ["admissionReviewVersions"] = new JsonArray("v1beta1", "v1"),
            ["failurePolicy"] = "Ignore",
            ["matchPolicy"] = "Exact",
            ["sideEffects"] = "None",
            ["timeoutSeconds"] = 10,
        })));
}
