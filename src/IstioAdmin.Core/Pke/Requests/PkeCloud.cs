using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke.Requests;

/// <summary>A cloud that Pipeline makes PKE clusters in: which form its requests have. A new cloud is a new row of <see cref="All"/>.</summary>
internal sealed record PkeCloud
{
    /// <summary>The word that requests and statuses have for it.</summary>
    public required string Name { get; init; }

    /// <summary>The <c>type</c> of requests of the second form; null for the first form.</summary>
    public string? Type { get; init; }

    /// <summary>What requests call the role of pools that carry Pipeline's own services.</summary>
    public required string SystemRole { get; init; }

    /// <summary>Whether a cluster has to say where it is to be.</summary>
    public bool NeedsLocation { get; init; } = true;

    /// <summary>The address range of the network that Pipeline makes when none is named; null where it makes none.</summary>
    /// <remarks>Source: banzaicloud/pipeline <c>templates/pke/vpc.cf.yaml</c> (VpcBlock) and <c>internal/providers/azure/pke/driver/preparers.go</c>.</remarks>
    public string? MadeNetwork { get; init; }

    /// <summary>Writes the body that creates a cluster.</summary>
    public required Func<PkeClusterOrder, JsonObject> Create { get; init; }

    /// <summary>Writes the body that sets all pools of a cluster.</summary>
    public required Func<IReadOnlyList<PkeNodePool>, JsonObject> Update { get; init; }

    public static IReadOnlyList<PkeCloud> All { get; } =
    [
        new() { Name = "amazon", SystemRole = "pipeline-system", MadeNetwork = "192.168.0.0/16", Create = AmazonBody.Create, Update = AmazonBody.Update },
        new() { Name = "azure", Type = "pke-on-azure", SystemRole = "system", MadeNetwork = "10.0.0.0/16", Create = AzureBody.Create, Update = AzureBody.Update },
        new() { Name = "vsphere", Type = "pke-on-vsphere", SystemRole = "system", NeedsLocation = false, Create = VsphereBody.Create, Update = VsphereBody.Update },
    ];

    /// <exception cref="MeshException">No such cloud (<c>PkeCloudUnknown</c>).</exception>
    public static PkeCloud Named(string? name) => All.FirstOrDefault(cloud => string.Equals(cloud.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new MeshException("PkeCloudUnknown", FailureKind.NotSupported, $"PKE clusters in '{name}' are not known here.",
            $"The clouds are {string.Join(", ", All.Select(cloud => cloud.Name))}.", name);

    /// <summary>The cloud that a body is for, by its type or its cloud; null when it says neither.</summary>
    public static PkeCloud? Of(JsonObject body) =>
        All.FirstOrDefault(cloud => cloud.Type is not null ? cloud.Type == body.TextAt("type") : body["type"] is null && cloud.Name == body.TextAt("cloud"));

    /// <summary>Roles in this cloud's words.</summary>
    public JsonArray Roles(PkeNodePool pool) =>
        [.. pool.Roles.Select(role => role is "system" or "pipeline-system" ? SystemRole : role).Distinct().Select(role => (JsonNode)role)];
}
