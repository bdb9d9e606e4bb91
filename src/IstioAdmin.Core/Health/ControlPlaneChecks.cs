using System.Runtime.CompilerServices;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Detection;
using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Health;

/// <summary>Checks the deployments of pilot and istiod.</summary>
internal sealed class ControlPlaneChecks
{
    private readonly MeshCluster _cluster;

    public ControlPlaneChecks(MeshCluster cluster) => _cluster = cluster;

    public async IAsyncEnumerable<MeshCheck> MakeAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        KubeClient client = _cluster.Client;
        V1DeploymentList found = await client.CallAsync(
            () => client.Api.AppsV1.ListDeploymentForAllNamespacesAsync(labelSelector: "istio in (pilot,istiod)", cancellationToken: cancel),
            IstioResources.Deployments.Subject("list"), cancel).ConfigureAwait(false);
        if (found.Items.Count == 0)
        {
            yield return HealthChecks.ControlPlaneFound.Fail(_cluster.Name, null, "There is no deployment of pilot or istiod in the cluster.",
                "Install Istio; in a remote cluster, whose control plane is elsewhere, this is as it should be.");
            yield break;
        }
        yield return HealthChecks.ControlPlaneFound.Pass(_cluster.Name, null,
            $"{string.Join(", ", found.Items.Select(deployment => $"{Name(deployment)} {Version(deployment)}"))}.");
        foreach (V1Deployment deployment in found.Items)
        {
            Rollout rollout = Rollout.Of(deployment);
            CheckDefinition check = HealthChecks.ControlPlaneReady;
            string counts = $"{rollout.Available} of {rollout.Desired} pods are available";
            yield return rollout switch
            {
                { IsDone: true, Desired: 0 } => check.Fail(_cluster.Name, Name(deployment), "It is scaled to 0.", "Scale it up: without it no sidecar is injected and no proxy gets its configuration."),
                { IsDone: true } => check.Pass(_cluster.Name, Name(deployment), $"{counts}."),
                { Available: > 0 } => check.Warn(_cluster.Name, Name(deployment), $"{counts}{(rollout.Obstacle is { } obstacle ? $": {obstacle}" : "")}.", Look(deployment)),
                _ => check.Fail(_cluster.Name, Name(deployment), $"{counts}{(rollout.Obstacle is { } obstacle ? $": {obstacle}" : "")}.", Look(deployment)),
            };
        }
    }

    private static string Look(V1Deployment deployment) => $"See what its pods say: Get-MeshPod {deployment.Metadata.Name}* -Namespace {deployment.Metadata.NamespaceProperty}, and kubectl describe.";

    private static string Name(V1Deployment deployment) => $"{deployment.Metadata.NamespaceProperty}/{deployment.Metadata.Name}";

    private static string Version(V1Deployment deployment) =>
        IstioVersion.OfImage(deployment.Spec.Template.Spec.Containers.OrderByDescending(container => container.Name == "discovery").Select(container => container.Image).FirstOrDefault()) ?? "of unknown version";
}
