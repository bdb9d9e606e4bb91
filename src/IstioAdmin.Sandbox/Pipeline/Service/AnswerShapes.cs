using static IstioAdmin.Sandbox.Pipeline.Service.Shape;

namespace IstioAdmin.Sandbox.Pipeline.Service;

/// <summary>Bodies of responses, after the API description. What the server answers is checked against them, too.</summary>
internal static class AnswerShapes
{
    private static readonly Shape Resource = Fields(("capacity", Text), ("allocatable", Text), ("limit", Text), ("request", Text));
    private static readonly Shape Resources = Fields(("cpu", Resource), ("memory", Resource), ("status", Text));

    private static readonly Shape PoolStatus = Fields(
        ("instanceType", Text), ("spotPrice", Text), ("autoscaling", Flag), ("count", Whole), ("minCount", Whole), ("maxCount", Whole), ("image", Text), ("labels", MapOf(Text)),
        ("ram", Whole), ("vcpu", Whole), ("template", Text), ("resourceSummary", MapOf(Resources)));

    public static Shape Error { get; } = Fields(("code!", Whole), ("message!", Text), ("error!", Text));

    public static Shape Problem { get; } = Fields(
        ("type!", Text), ("title!", Text), ("status!", Whole), ("detail!", Text), ("instance", Text), ("code", Whole), ("message", Text), ("error", Text));

    public static Shape Version { get; } = Fields(
        ("version!", Text), ("commit_hash", Text), ("build_date", Text), ("go_version", Text), ("os", Text), ("arch", Text), ("compiler", Text), ("instance_uuid", Text));

    public static Shape Organization { get; } = Fields(("id!", Whole), ("createdAt", Text), ("updatedAt", Text), ("name!", Text), ("normalizedName", Text));

    public static Shape Secret { get; } = Fields(
        ("id!", Text), ("name!", Text), ("type!", Text), ("updatedAt", Text), ("updatedBy", Text), ("tags", ListOf(Text)), ("values", MapOf(Text)));

    public static Shape Cluster { get; } = Fields(
        ("status!", Text), ("statusMessage", Text), ("name!", Text), ("cloud", Text), ("distribution", Text), ("version", Text), ("spot", Flag), ("location", Text), ("id!", Whole),
        ("logging", Flag), ("monitoring", Flag), ("securityscan", Flag), ("createdAt", Text), ("startedAt", Text), ("creatorName", Text), ("creatorId", Whole), ("region", Text),
        ("oidc", Fields(("enabled", Flag), ("idpUrl", Text), ("clientId", Text), ("clientSecret", Text))), ("nodePools", MapOf(PoolStatus)), ("totalSummary", Resources));

    public static Shape AlreadyThere { get; } = Fields(("status_code", Whole), ("message", Text));

    public static Shape Created { get; } = Fields(("name", Text), ("id", Whole));

    public static Shape Config { get; } = Fields(("status!", Whole), ("data!", Text));

    public static Shape Pods { get; } = ListOf(Fields(
        ("name!", Text), ("namespace!", Text), ("createdAt", Text), ("labels", MapOf(Text)), ("restartPolicy", Text),
        ("conditions", ListOf(Fields(("type", Text), ("status", Text), ("lastProbeTime", Text), ("lastTransitionTime", Text)))), ("resourceSummary", Resources)));

    public static Shape Nodes { get; } = Fields(
        ("metadata", Fields(("selfLink", Text), ("resourceVersion", Text))),
        ("items!", ListOf(Fields(("metadata!", AnyObject), ("spec", AnyObject), ("status", AnyObject)))));

    public static Shape Endpoints { get; } = Fields(("endpoints!", ListOf(Fields(
        ("name", Text), ("host", Text), ("urls", ListOf(Fields(("servicename", Text), ("url", Text))))))));

    public static Shape Services { get; } = MapOf(Fields(("status!", OneOf("inactive", "pending", "active", "error")), ("spec", AnyObject), ("output", AnyObject)));

    public static Shape Networks { get; } = ListOf(Fields(("cidrs!", ListOf(Text)), ("id!", Text), ("name", Text)));

    public static Shape Subnets { get; } = ListOf(Fields(("cidrs!", ListOf(Text)), ("id!", Text), ("location", Text), ("name", Text)));
}
