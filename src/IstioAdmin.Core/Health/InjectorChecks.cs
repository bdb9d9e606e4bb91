using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Health;

/// <summary>Checks the webhooks that inject sidecars, and what stands behind them.</summary>
internal sealed class InjectorChecks
{
    private static readonly KubeResource Endpoints = new("", "v1", "endpoints", "Endpoints", true);

    private readonly MeshCluster _cluster;

    public InjectorChecks(MeshCluster cluster) => _cluster = cluster;

    public async IAsyncEnumerable<MeshCheck> MakeAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        KubeClient client = _cluster.Client;
        KubeResource webhooks = await client.ServedAsync(KubeResource.MutatingWebhooks, cancel).ConfigureAwait(false);
        List<V1MutatingWebhookConfiguration> list = [];
        await foreach (JsonObject item in client.ListObjectsAsync(webhooks, new ListQuery(), cancel).ConfigureAwait(false))
            list.Add(KubernetesJson.Deserialize<V1MutatingWebhookConfiguration>(item.ToJsonString()));
        // Names differ between revisions and releases; the path is what all have (/inject, /inject/cluster/…/net/…).
        (string Name, Admissionregistrationv1WebhookClientConfig Client)[] injectors = [.. from configuration in list
            from webhook in configuration.Webhooks ?? []
            where webhook.ClientConfig is { } config && IsInjector(config)
            group webhook.ClientConfig by (configuration.Metadata.Name, Behind(webhook.ClientConfig)) into same
            select (same.Key.Name, same.First())];
        if (injectors.Length == 0)
        {
            yield return HealthChecks.InjectorWebhook.Fail(_cluster.Name, null, "No mutating webhook of the cluster injects sidecars.",
                "Install the injector with Istio's control plane; where sidecars are injected with istioctl before they are applied, this is as it should be.");
            yield break;
        }
        yield return HealthChecks.InjectorWebhook.Pass(_cluster.Name, null, $"{string.Join(", ", injectors.Select(injector => $"{injector.Name} ({Behind(injector.Client)})"))}.");
        foreach ((string name, Admissionregistrationv1WebhookClientConfig config) in injectors)
            yield return await EndpointAsync(name, config, cancel).ConfigureAwait(false);
    }

    private async Task<MeshCheck> EndpointAsync(string webhook, Admissionregistrationv1WebhookClientConfig config, CancellationToken cancel)
    {
        CheckDefinition check = HealthChecks.InjectorEndpoint;
        if (config.Service is not { } service)
            return check.Skip(_cluster.Name, webhook, $"It calls {config.Url}, which is outside of the cluster.");
        if (config.CaBundle is not { Length: > 0 })
        {
            return check.Fail(_cluster.Name, webhook, "It has no CA bundle, so the API server does not trust the injector.",
                "The control plane writes it when it runs: see that its pods are ready.");
        }
        string target = $"{service.NamespaceProperty}/{service.Name}";
        try
        {
            JsonObject? found = await _cluster.Client.GetAsync(Endpoints, service.NamespaceProperty, service.Name, cancel).ConfigureAwait(false);
            int ready = (found?["subsets"] as JsonArray)?.OfType<JsonObject>().Sum(subset => (subset["addresses"] as JsonArray)?.Count ?? 0) ?? 0;
            return ready > 0
                ? check.Pass(_cluster.Name, webhook, $"Service {target} has {Names.Count(ready, "ready endpoint")}.")
                : check.Fail(_cluster.Name, webhook, $"Service {target} has no ready endpoint: pods of labelled namespaces are refused, or start without a sidecar where the webhook's failurePolicy is Ignore.",
                    "See that the control plane's pods are ready, and that the service's selector matches them.");
        }
        catch (MeshException e)
        {
            return check.Skip(_cluster.Name, webhook, e);
        }
    }

    private static bool IsInjector(Admissionregistrationv1WebhookClientConfig config) =>
        (config.Service?.Path ?? config.Url)?.Contains("/inject", StringComparison.Ordinal) == true;

    private static string Behind(Admissionregistrationv1WebhookClientConfig config) =>
        config.Service is { } service ? $"service {service.NamespaceProperty}/{service.Name}" : config.Url ?? "";
}
