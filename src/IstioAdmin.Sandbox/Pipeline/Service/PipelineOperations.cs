using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Pipeline.Service;

/// <summary>The operations of Pipeline's API that the module calls, each as the API description has it. A new call needs a row here.</summary>
internal static class PipelineOperations
{
    private const string Org = "/api/v1/orgs/{orgId}";
    private const string Cluster = Org + "/clusters/{id}";

    private static readonly PipelineParameter Secret = new("secretId", InHeader: true, Required: true);
    private static readonly PipelineParameter[] Place =
    [
        Secret, new("cloudType", Required: true, Takes: text => text is "amazon" or "google" or "azure"), new("region"), new("resourceGroup"),
    ];

    public static PipelineOperation[] All { get; } =
    [
        new("GET", "/api/version", "GetVersion", CloudDirectory.Version) { Secured = false, Answers = { [200] = AnswerShapes.Version } },
        // Not in the description: where older versions have it, and where banzai's own client asks.
        new("GET", "/version", "GetOlderVersion", CloudDirectory.Version) { Secured = false, Answers = { [200] = AnswerShapes.Version } },
        new("GET", "/api/v1/orgs", "ListOrgs", CloudDirectory.Organizations) { Answers = { [200] = Shape.ListOf(AnswerShapes.Organization) } },
        new("GET", Org + "/secrets", "GetSecrets", CloudDirectory.Secrets)
        {
            Parameters = [new("type", Takes: text => text is "amazon" or "azure" or "google" or "kubernetes" or "generic" or "tls" or "ssh"), new("tags"), new("values", Takes: IsFlag)],
            Answers = { [200] = Shape.ListOf(AnswerShapes.Secret) },
        },
        new("GET", Org + "/networks", "ListVPCNetworks", CloudDirectory.Networks) { Parameters = Place, Answers = { [200] = AnswerShapes.Networks } },
        new("GET", Org + "/networks/{networkId}/subnets", "ListVPCSubnets", CloudDirectory.Subnets) { Parameters = Place, Answers = { [200] = AnswerShapes.Subnets } },
        new("GET", Org + "/azure/resourcegroups", "GetResourceGroups", CloudDirectory.ResourceGroups) { Parameters = [Secret], Answers = { [200] = Shape.ListOf(Shape.Text) } },

        new("GET", Org + "/clusters", "ListClusters", Clusters.List) { Answers = { [200] = Shape.ListOf(AnswerShapes.Cluster) } },
        new("POST", Org + "/clusters", "CreateCluster", Clusters.Create) { Body = Clusters.CreationShape, Answers = { [201] = AnswerShapes.AlreadyThere, [202] = AnswerShapes.Created } },
        new("GET", Cluster, "GetCluster", Clusters.Get) { Answers = { [200] = AnswerShapes.Cluster } },
        new("PUT", Cluster, "UpdateClusterDeprecated", Clusters.Update) { Body = Clusters.UpdateShape, Answers = { [202] = null } },
        new("PUT", Cluster + "/update", "UpdateCluster", Clusters.Upgrade) { AnswersWithProblems = true, Body = _ => ClusterShapes.VersionUpdate, Answers = { [202] = null } },
        new("DELETE", Cluster, "DeleteCluster", Clusters.Delete) { Parameters = [new("force", Takes: IsFlag)], Answers = { [202] = null, [204] = null } },
        new("GET", Cluster + "/config", "GetClusterConfig", Contents.Config) { Answers = { [200] = AnswerShapes.Config } },
        new("GET", Cluster + "/oidcconfig", "GetOIDCClusterConfig", Contents.OidcConfig) { Answers = { [200] = AnswerShapes.Config } },
        new("GET", Cluster + "/pods", "GetPodDetails", Contents.Pods) { Answers = { [200] = AnswerShapes.Pods } },
        new("GET", Cluster + "/nodes", "ListNodes", Contents.Nodes) { Answers = { [200] = AnswerShapes.Nodes } },
        new("GET", Cluster + "/endpoints", "ListClusterEndpoints", Contents.Endpoints) { Parameters = [new("releaseName")], Answers = { [200] = AnswerShapes.Endpoints } },
        new("PUT", Cluster + "/posthooks", "ClusterPostHooks", Contents.RunPostHooks) { Body = _ => Shape.AnyObject, Answers = { [200] = null } },
        new("GET", Cluster + "/services", "ListIntegratedServices", Contents.Services) { AnswersWithProblems = true, Answers = { [200] = AnswerShapes.Services } },
    ];

    private static bool IsFlag(string text) => text is "true" or "false";

    internal static JsonArray ListOf(IEnumerable<JsonNode> items) => [.. items];
}
