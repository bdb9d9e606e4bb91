using IstioAdmin.Testing;
using k8s;
using k8s.Models;

namespace IstioAdmin.Cluster.Tests;

/// <summary>Istio's Gateway and VirtualService definitions, in the versions that a test needs, for as long as it lives.</summary>
internal sealed class RoutingDefinitions : IAsyncDisposable
{
    private const string Group = "networking.istio.io";

    private static readonly (string Kind, string Plural)[] Kinds = [("Gateway", "gateways"), ("VirtualService", "virtualservices")];

    private readonly Kubernetes _api;

    private RoutingDefinitions(Kubernetes api) => _api = api;

    public static async Task<RoutingDefinitions> CreateAsync(Kubernetes api, params string[] versions)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        var definitions = new RoutingDefinitions(api);
        foreach ((string kind, string plural) in Kinds)
        {
            await api.ApiextensionsV1.CreateCustomResourceDefinitionAsync(Definition(kind, plural, versions), cancellationToken: cancel);
        }
        // Accepted and established is not yet served: discovery and the handler follow.
        await Eventually.BecomesTrueAsync(async () =>
        {
            try
            {
                await api.CustomObjects.ListClusterCustomObjectAsync(Group, versions[^1], Kinds[^1].Plural, cancellationToken: cancel);
                V1APIResourceList served = await api.CustomObjects.GetAPIResourcesAsync(Group, versions[^1], cancellationToken: cancel);
                return served.Resources.Count >= Kinds.Length;
            }
            catch (k8s.Autorest.HttpOperationException)
            {
                return false;
            }
        }, "Istio's definitions are served");
        return definitions;
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((_, string plural) in Kinds)
            await _api.ApiextensionsV1.DeleteCustomResourceDefinitionAsync($"{plural}.{Group}");
    }

    private static V1CustomResourceDefinition Definition(string kind, string plural, string[] versions) => new()
    {
        Metadata = new V1ObjectMeta { Name = $"{plural}.{Group}" },
        Spec = new V1CustomResourceDefinitionSpec
        {
            Group = Group,
            Scope = "Namespaced",
            Names = new V1CustomResourceDefinitionNames { Kind = kind, Plural = plural },
            Versions =
            [
                .. versions.Select((version, index) => new V1CustomResourceDefinitionVersion
                {
                    Name = version,
                    Served = true,
                    Storage = index == 0,
                    Schema = new V1CustomResourceValidation
                    {
                        OpenAPIV3Schema = new V1JSONSchemaProps { Type = "object", XKubernetesPreserveUnknownFields = true },
                    },
                }),
            ],
        },
    };
}
