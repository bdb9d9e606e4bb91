using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Pke.Failures;

namespace IstioAdmin.Core.Pke;

/// <summary>Reads clusters from the API's answers; what is absent or of another type reads as unknown.</summary>
/// <remarks>Source: the API description's schema GetClusterStatusResponse.</remarks>
internal static class PkeReading
{
    /// <exception cref="PipelineException">It is no cluster: number or name is missing.</exception>
    public static PkeCluster Cluster(PipelineConnection pipeline, JsonNode? answer, string about)
    {
        if (answer is not JsonObject fields || Number(fields["id"]) is not { } id || fields.TextAt("name") is not { } name)
            throw AnswerFailures.Unexpected(pipeline.Client, about, "is no cluster: it has no 'id' or no 'name'");
        string status = fields.TextAt("status") ?? "";
        return new PkeCluster(pipeline)
        {
            Id = id,
            Name = name,
            Distribution = fields.TextAt("distribution"),
            Status = Enum.TryParse(status, ignoreCase: true, out PkeClusterStatus known) && !char.IsAsciiDigit(status[0]) ? known : PkeClusterStatus.Unknown,
            StatusText = status,
            StatusMessage = fields.TextAt("statusMessage"),
            Cloud = fields.TextAt("cloud"),
            Location = fields.TextAt("location") ?? fields.TextAt("region"),
            Version = fields.TextAt("version"),
            Spot = fields.FlagAt("spot") ?? false,
            Oidc = fields.FlagAt("oidc.enabled") ?? false,
            CreatedAt = Time(fields["createdAt"]),
            StartedAt = Time(fields["startedAt"]),
            CreatorName = fields.TextAt("creatorName"),
            NodePools = Pools(fields["nodePools"], fields.TextAt("cloud")),
            Total = Resources(fields["totalSummary"]),
            Resource = WithoutSecrets(fields),
        };
    }

    public static PkeResources? Resources(JsonNode? summary) => summary is JsonObject
        ? new PkeResources(
            summary.TextAt("cpu.capacity"), summary.TextAt("cpu.allocatable"), summary.TextAt("cpu.request"),
            summary.TextAt("memory.capacity"), summary.TextAt("memory.allocatable"), summary.TextAt("memory.request"))
        : null;

    public static DateTimeOffset? Time(JsonNode? node) =>
        node.Text() is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;

    public static IReadOnlyDictionary<string, string> Texts(JsonNode? map) =>
        (map as JsonObject ?? []).Where(entry => entry.Value is JsonValue).ToDictionary(entry => entry.Key, entry => entry.Value!.ToString());

    public static long? Number(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && long.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out long number) ? number : null;

    private static IReadOnlyList<PkeNodePool> Pools(JsonNode? pools, string? cloud) =>
        [.. (pools as JsonObject ?? []).Where(entry => entry.Value is JsonObject).Select(entry => Pool(entry.Key, (JsonObject)entry.Value!, cloud))];

    private static PkeNodePool Pool(string name, JsonObject fields, string? cloud) => new()
    {
        Name = name,
        Provider = cloud,
        InstanceType = fields.TextAt("instanceType"),
        SpotPrice = fields.TextAt("spotPrice"),
        Autoscaling = fields.FlagAt("autoscaling") ?? false,
        Count = (int?)Number(fields["count"]),
        MinCount = (int?)Number(fields["minCount"]),
        MaxCount = (int?)Number(fields["maxCount"]),
        Image = fields.TextAt("image") ?? fields.TextAt("template"),
        Labels = Texts(fields["labels"]),
        Vcpu = (int?)Number(fields["vcpu"]),
        Ram = (int?)Number(fields["ram"]),
        NodeResources = (fields["resourceSummary"] as JsonObject ?? []).Where(node => node.Value is JsonObject)
            .ToDictionary(node => node.Key, node => Resources(node.Value)!),
    };

    /// <summary>The answer without the secret that a cluster's OIDC client logs in with.</summary>
    private static JsonObject WithoutSecrets(JsonObject fields)
    {
        var copy = (JsonObject)fields.DeepClone();
        if (copy["oidc"] is JsonObject oidc)
            oidc.Remove("clientSecret");
        return copy;
    }
}
