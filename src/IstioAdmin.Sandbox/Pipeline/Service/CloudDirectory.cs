using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Pipeline.Service;

/// <summary>Version, organizations, secrets and what the clouds have.</summary>
internal static class CloudDirectory
{
    private const string Date = "2018-03-09T13:24:49+01:00";

    public static PipelineAnswer Version(PipelineCall call) => new(200, new JsonObject
    {
        ["version"] = call.State.Version,
        ["commit_hash"] = call.State.Commit,
        ["build_date"] = "2020-12-01T10:00:00+0000",
        ["go_version"] = "go1.15.5",
        ["os"] = "linux",
        ["arch"] = "amd64",
        ["compiler"] = "gc",
        ["instance_uuid"] = "0d0b5ad0-5d0f-4f3f-9d3f-0c7a4be7e001",
    });

    public static PipelineAnswer Organizations(PipelineCall call) => new(200, PipelineOperations.ListOf(call.State.Organizations.Select(Describe)));

    public static PipelineAnswer Secrets(PipelineCall call)
    {
        string? type = call.Query.GetValueOrDefault("type");
        return new(200, PipelineOperations.ListOf(call.Organization.Secrets.Where(secret => type is null || secret.Type == type).Select(secret => new JsonObject
        {
            ["id"] = secret.Id,
            ["name"] = secret.Name,
            ["type"] = secret.Type,
            ["updatedAt"] = Date,
            ["updatedBy"] = call.State.User,
            ["tags"] = new JsonArray(),
            ["values"] = new JsonObject { ["key"] = "<hidden>" },
        })));
    }

    public static PipelineAnswer Networks(PipelineCall call) => new(200, PipelineOperations.ListOf(NetworksOf(call).Select(network => new JsonObject
    {
        ["id"] = network.Id,
        ["name"] = network.Name,
        ["cidrs"] = PipelineOperations.ListOf(network.Cidrs.Select(cidr => (JsonNode)cidr)),
    })));

    public static PipelineAnswer Subnets(PipelineCall call) => new(200, PipelineOperations.ListOf(
        (NetworksOf(call).FirstOrDefault(network => network.Id == call.Path["networkId"]) ?? throw new PipelineRefusal(404, "VPC network not found")).Subnets.Select(subnet => new JsonObject
        {
            ["id"] = subnet.Id,
            ["name"] = subnet.Name,
            ["location"] = subnet.Location,
            ["cidrs"] = PipelineOperations.ListOf(subnet.Cidrs.Select(cidr => (JsonNode)cidr)),
        })));

    public static PipelineAnswer ResourceGroups(PipelineCall call)
    {
        RequireSecret(call);
        return new(200, PipelineOperations.ListOf(call.State.ResourceGroups.Select(name => (JsonNode)name)));
    }

    private static IEnumerable<StoredNetwork> NetworksOf(PipelineCall call)
    {
        RequireSecret(call);
        string cloud = call.Query["cloudType"];
        string place = cloud == "azure" ? "resourceGroup" : "region";
        string value = call.Query.GetValueOrDefault(place) ?? throw new PipelineRefusal(400, "Invalid request", $"missing required param '{place}'");
        return call.State.Networks.Where(network => network.Cloud == cloud && network.Place == value);
    }

    private static void RequireSecret(PipelineCall call)
    {
        if (call.Organization.Secrets.TrueForAll(secret => secret.Id != call.Query["secretId"]))
            throw new PipelineRefusal(404, "Secret not found", "failed to retrieve secret");
    }

    private static JsonObject Describe(StoredOrganization organization) => new()
    {
        ["id"] = organization.Id,
        ["createdAt"] = Date,
        ["updatedAt"] = Date,
        ["name"] = organization.Name,
        ["normalizedName"] = organization.Name.Replace(' ', '-'),
    };
}
