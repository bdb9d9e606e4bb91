using System.Text.Json;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>A Deployment of pilot or istiod.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">Istio's version, from its image.</param>
/// <param name="Revision">Its revision; null for the default one.</param>
/// <remarks>
/// Labels: istio/istio <c>manifests/charts/istio-control/istio-discovery/templates/deployment.yaml</c> (istio=pilot) and, for 1.1,
/// banzaicloud/istio-operator release-1.1 <c>pkg/resources/pilot/pilot.go</c>; Cisco's operator labels istio=istiod (release-1.17
/// <c>internal/assets/manifests/istio-discovery</c>).
/// </remarks>
internal sealed record ControlPlane(string Namespace, string Name, string? Version, string? Revision)
{
    private const string Selector = "istio in (pilot,istiod)";
    private const string RevisionLabel = "istio.io/rev";

    /// <returns>Null when Deployments could not be listed.</returns>
    public static async Task<IReadOnlyList<ControlPlane>?> ReadAsync(Probe probe, CancellationToken cancel)
    {
        string query = $"labelSelector={Uri.EscapeDataString(Selector)}";
        IReadOnlyList<JsonElement>? found = await probe.ListAsync(IstioResources.Deployments, query, cancel).ConfigureAwait(false);
        return found is null ? null : [.. found.Select(Of)];
    }

    /// <summary>The revision that an object's labels tell; null for the default one.</summary>
    public static string? RevisionOf(JsonElement item) =>
        item.At("metadata", "labels", RevisionLabel)?.AsText() is { } revision and not "default" ? revision : null;

    private static ControlPlane Of(JsonElement deployment)
    {
        JsonElement[] containers = [.. deployment.At("spec", "template", "spec")?.Items("containers") ?? []];
        // The sidecar that may stand beside it has the same version, but not surely.
        string? image = containers.OrderByDescending(c => c.Text("name") == "discovery").Select(c => c.Text("image")).FirstOrDefault();
        return new ControlPlane(
            deployment.At("metadata", "namespace")?.AsText() ?? "",
            deployment.At("metadata", "name")?.AsText() ?? "",
            IstioVersion.OfImage(image) ?? IstioVersion.Of(deployment.At("metadata", "labels", "app.kubernetes.io/version")?.AsText()),
            RevisionOf(deployment));
    }
}
