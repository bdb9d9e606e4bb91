using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Pipeline.Service;

/// <summary>What is read out of a cluster, and the hooks that run in it. All of it needs the secret with the cluster's kubeconfig.</summary>
internal static class Contents
{
    public static PipelineAnswer Config(PipelineCall call) => Kubeconfig(Ready(call).Kubeconfig);

    public static PipelineAnswer OidcConfig(PipelineCall call) => Kubeconfig(Ready(call).OidcKubeconfig ?? throw new PipelineRefusal(400, "Invalid request", "OIDC is not enabled on this cluster"));

    public static PipelineAnswer Pods(PipelineCall call) => new(200) { Fetch = Ready(call).PodsAsync };

    public static PipelineAnswer Nodes(PipelineCall call)
    {
        StoredCluster cluster = Ready(call);
        return new(200)
        {
            Fetch = async cancel => new JsonObject
            {
                ["metadata"] = new JsonObject { ["selfLink"] = "/api/v1/nodes", ["resourceVersion"] = "30123" },
                ["items"] = await cluster.NodesAsync(cancel).ConfigureAwait(false),
            },
        };
    }

    public static PipelineAnswer Endpoints(PipelineCall call)
    {
        StoredCluster cluster = Ready(call);
        return new(200) { Fetch = async cancel => new JsonObject { ["endpoints"] = await cluster.EndpointsAsync(cancel).ConfigureAwait(false) } };
    }

    public static PipelineAnswer Services(PipelineCall call) => new(200, Ready(call).Services.DeepClone());

    public static PipelineAnswer RunPostHooks(PipelineCall call)
    {
        StoredCluster cluster = Ready(call);
        string[] names = [.. call.Body!.Select(hook => hook.Key)];
        cluster.PostHooks.AddRange(names);
        cluster.RunPostHooks(names);
        return new(200);
    }

    internal static PipelineRefusal TooYoung() => new(409, "Secret has not been created yet", "cluster is not ready");

    private static StoredCluster Ready(PipelineCall call) => call.Cluster.HasConfig ? call.Cluster : throw TooYoung();

    private static PipelineAnswer Kubeconfig(string text) => new(200, new JsonObject { ["status"] = 200, ["data"] = text });
}
