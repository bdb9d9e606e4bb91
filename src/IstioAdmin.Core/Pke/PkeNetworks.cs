using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke;

/// <summary>A virtual network of a cloud, or a part of one.</summary>
/// <param name="Id">Identifier; on Azure a network's is its name.</param>
/// <param name="Name">Name; empty when it has none.</param>
/// <param name="Location">Where a part lies: the zone on Amazon, the region on Azure. Null for a whole network.</param>
/// <param name="Ranges">Its address ranges.</param>
internal sealed record PkeNetwork(string Id, string Name, string? Location, IReadOnlyList<string> Ranges)
{
    /// <summary>As messages name it.</summary>
    public override string ToString() => Name.Length == 0 || Name == Id ? Id : $"{Id} ({Name})";
}

/// <summary>Lists a cloud's virtual networks through Pipeline, which logs in to the cloud with a secret that it keeps.</summary>
/// <param name="Pipeline">Pipeline.</param>
/// <param name="Cloud"><c>amazon</c> or <c>azure</c>.</param>
/// <param name="Place">The region; on Azure the resource group.</param>
/// <param name="SecretId">Identifier of the secret.</param>
/// <remarks>Source: the API description's ListVPCNetworks and ListVPCSubnets; identifiers: banzaicloud/pipeline <c>internal/providers/*/network.go</c>.</remarks>
internal sealed record PkeNetworks(PipelineConnection Pipeline, string Cloud, string Place, string SecretId)
{
    private string Query => $"?cloudType={Cloud}&{(Cloud == "azure" ? "resourceGroup" : "region")}={Uri.EscapeDataString(Place)}";

    /// <summary>All networks of the place.</summary>
    /// <exception cref="PipelineException">They cannot be read.</exception>
    public Task<IReadOnlyList<PkeNetwork>> ListAsync(CancellationToken cancel) => ReadAsync($"networks{Query}", $"list the networks of {Place}", cancel);

    /// <summary>The parts of a network.</summary>
    /// <exception cref="PipelineException">They cannot be read.</exception>
    public Task<IReadOnlyList<PkeNetwork>> SubnetsAsync(PkeNetwork network, CancellationToken cancel) =>
        ReadAsync($"networks/{Uri.EscapeDataString(network.Id)}/subnets{Query}", $"list the subnets of network {network}", cancel);

    private async Task<IReadOnlyList<PkeNetwork>> ReadAsync(string path, string about, CancellationToken cancel)
    {
        JsonArray answer = await Pipeline.Client.ListAsync(Pipeline.Path(path), about, cancel, [("secretId", SecretId)]).ConfigureAwait(false);
        return
        [
            .. answer.Where(item => item.TextAt("id") is not null)
                .Select(item => new PkeNetwork(item.TextAt("id")!, item.TextAt("name") ?? "", item.TextAt("location"), [.. item.TextsAt("cidrs")])),
        ];
    }
}
