using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke;

/// <summary>
/// What a cloud has to offer, from the service that is installed beside Pipeline. It is optional: where it does not answer, the lists are
/// null, and whoever asks goes on without.
/// </summary>
/// <remarks>Source: banzaicloud/banzai-cli <c>.gen/cloudinfo/api/openapi.yaml</c> and <c>internal/cli/input/locations.go</c>.</remarks>
public static class CloudInfo
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Identifiers of a cloud's regions; null when nobody knows.</summary>
    public static async Task<IReadOnlyList<string>?> RegionsAsync(PipelineConnection pipeline, string cloud, IReporter? reporter, CancellationToken cancel)
    {
        JsonNode? regions = await GetAsync(pipeline, $"providers/{cloud}/services/compute/regions", $"list the regions of {cloud}", reporter, cancel).ConfigureAwait(false);
        return Names(regions, "id");
    }

    /// <summary>Instance types of a region; null when nobody knows.</summary>
    public static async Task<IReadOnlyList<string>?> InstanceTypesAsync(PipelineConnection pipeline, string cloud, string region, IReporter? reporter, CancellationToken cancel)
    {
        string path = $"providers/{cloud}/services/compute/regions/{Uri.EscapeDataString(region)}/products";
        JsonNode? answer = await GetAsync(pipeline, path, $"list the instance types of {region}", reporter, cancel).ConfigureAwait(false);
        return Names(answer.At("products"), "type");
    }

    /// <summary>Zones of a region; null when nobody knows.</summary>
    public static async Task<IReadOnlyList<string>?> ZonesAsync(PipelineConnection pipeline, string cloud, string region, IReporter? reporter, CancellationToken cancel)
    {
        string path = $"providers/{cloud}/services/compute/regions/{Uri.EscapeDataString(region)}";
        JsonNode? answer = await GetAsync(pipeline, path, $"list the zones of {region}", reporter, cancel).ConfigureAwait(false);
        return answer.At("zones").Texts() is { Count: > 0 } zones ? zones : null;
    }

    private static List<string>? Names(JsonNode? list, string field) =>
        list is JsonArray { Count: > 0 } items ? [.. items.Select(item => item.TextAt(field)).OfType<string>().Distinct()] : null;

    private static async Task<JsonNode?> GetAsync(PipelineConnection pipeline, string path, string about, IReporter? reporter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        if (pipeline.CloudInfo is not { } address)
            return null;
        // The service takes no login, and the token is none of its business.
        bool beside = address.Authority == pipeline.Endpoint.Authority && address.Scheme == pipeline.Endpoint.Scheme;
        using PipelineClient client = beside ? pipeline.Client.WithoutLogin(address) : PipelineClient.Anonymous(address, Limit);
        try
        {
            return await client.GetAsync(path, about, Limit, cancel).ConfigureAwait(false);
        }
        catch (MeshException e)
        {
            reporter?.Detail($"{e.Message.TrimEnd('.')}. What it would tell is not checked.");
            return null;
        }
    }
}
