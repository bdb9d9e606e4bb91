using static IstioAdmin.Sandbox.Pipeline.Service.Shape;

namespace IstioAdmin.Sandbox.Pipeline.Service;

/// <summary>Bodies of requests that create and change clusters and node pools, after the API description.</summary>
internal static class ClusterShapes
{
    private static readonly Shape Size = Fields(("min!", Whole), ("max!", Whole), ("desired", Whole));

    private static readonly Shape AutoScalingGroup = Fields(
        ("name!", Text), ("image!", Text), ("volumeSize", Whole), ("zones!", ListOf(Text)), ("instanceType!", Text), ("launchConfigurationName!", Text),
        ("launchTemplate", AnyObject), ("vpcID!", Text), ("securityGroupID!", Text), ("subnets!", ListOf(Text)), ("tags!", AnyObject), ("spotPrice!", Text), ("size!", Size))
        .Tolerating("name", "image", "launchConfigurationName", "vpcID", "securityGroupID", "subnets", "tags");

    private static readonly Shape Host = Fields(("name!", Text), ("privateIP!", Text), ("roles!", ListOf(Text)));

    private static readonly FieldsShape AmazonPool = Fields(
        ("name!", Text), ("roles!", ListOf(Text)), ("labels", MapOf(Text)), ("autoscaling!", Flag), ("provider!", Text),
        ("providerConfig!", Fields(("autoScalingGroup!", AutoScalingGroup))), ("hosts", ListOf(Host))).Tolerating("autoscaling");

    /// <summary><c>properties.pke</c> of the classic request; <c>cloudProviderConfig</c> is the service's own (<c>pkg/cluster/pke/types.go</c>).</summary>
    private static readonly Shape Pke = Fields(
        ("network!", Fields(("apiServerAddress!", Text), ("serviceCIDR!", Text), ("podCIDR!", Text), ("provider!", Text), ("cloudProviderConfig", Fields(("vpcID", Text), ("subnets", ListOf(Text))))).Tolerating("apiServerAddress", "serviceCIDR", "podCIDR", "provider")),
        ("nodePools!", ListOf(AmazonPool)),
        ("kubernetes!", Fields(("version!", Text), ("rbac!", Fields(("enabled!", Flag))), ("oidc", Fields(("enabled", Flag))))),
        ("cri!", Fields(("runtime!", Text), ("runtimeConfig", AnyObject)))).Tolerating("network");

    private static readonly Shape Proxy = Fields(("host!", Text), ("port", WholeFrom(0, 65535)), ("secretId", Text), ("scheme", Text));

    private static readonly FieldsShape Modern = Fields(
        ("name!", Text), ("secretId", Text), ("secretName", Text), ("sshSecretId", Text), ("type!", Text),
        ("kubernetes!", Fields(
            ("version!", Text), ("rbac", Flag), ("oidc", Fields(("enabled", Flag))), ("cri", Fields(("runtime", Text), ("runtimeConfig", AnyObject))),
            ("network", Fields(("serviceCIDR", Text), ("podCIDR", Text), ("provider", OneOf("weave", "calico", "cilium")), ("providerConfig", AnyObject))))),
        ("proxy", Fields(("http", Proxy), ("https", Proxy), ("exceptions", ListOf(Text)))));

    private static readonly Shape Roles = ListOf(OneOf("master", "system", "worker"));

    private static readonly Shape AzurePool = Fields(
        ("name!", Text), ("roles!", Roles), ("labels", MapOf(Text)), ("subnet", Fields(("name", Text), ("cidr", Text))), ("zones", ListOf(OneOf("1", "2", "3"))),
        ("autoscaling", Flag), ("minCount", WholeFrom(1)), ("maxCount", WholeFrom(1)), ("count", WholeFrom(1)), ("instanceType!", Text));

    private static readonly Shape SpherePool = Fields(
        ("name!", Text), ("roles!", Roles), ("labels", MapOf(Text)), ("size", WholeFrom(1)), ("vcpu!", Whole), ("ram!", Whole), ("template", Text), ("adminUsername", Text));

    private static readonly Shape AccessPoints = ListOf(OneOf("private", "public"));

    /// <summary>CreateClusterRequest with CreatePKEProperties.</summary>
    public static Shape Classic { get; } = Fields(
        ("name!", Text), ("location!", Text), ("cloud!", Text), ("secretId", Text), ("secretIds", ListOf(Text)), ("secretName", Text), ("postHooks", AnyObject),
        ("properties!", Fields(("pke!", Pke))));

    /// <summary>CreatePKEOnAzureClusterRequest.</summary>
    public static Shape Azure { get; } = Modern.And(Fields(
        ("location", Text), ("resourceGroup!", Text), ("network", Fields(("name", Text), ("cidr", Text))), ("accessPoints", AccessPoints),
        ("apiServerAccessPoints", AccessPoints), ("nodepools", ListOf(AzurePool))));

    /// <summary>CreatePKEOnVsphereClusterRequest. The description asks for a resourceGroup that it does not define; the service knows a resourcePool.</summary>
    public static Shape Sphere { get; } = Modern.And(Fields(
        ("storageSecretId", Text), ("storageSecretName", Text), ("folder", Text), ("datastore", Text), ("resourcePool", Text), ("nodepools", ListOf(SpherePool)), ("loadBalancerIPRange", Text)));

    /// <summary>UpdateClusterRequestDeprecated with UpdatePKEProperties.</summary>
    public static Shape ClassicUpdate { get; } = Fields(("cloud!", Text), ("properties!", Fields(("pke!", Fields(("nodePools!", MapOf(Fields(
        ("instanceType", Text), ("spotPrice", Text), ("autoscaling", Flag), ("minCount", Whole), ("maxCount", Whole), ("count", Whole), ("subnets", ListOf(Text)), ("labels", MapOf(Text))))))))));

    /// <summary>UpdatePKEOnAzureClusterRequest.</summary>
    public static Shape AzureUpdate { get; } = Fields(("nodepools", ListOf(AzurePool)));

    /// <summary>UpdatePKEOnVsphereClusterRequest.</summary>
    public static Shape SphereUpdate { get; } = Fields(("nodepools", ListOf(SpherePool)));

    /// <summary>UpdateClusterRequest: the version to go to.</summary>
    public static Shape VersionUpdate { get; } = Fields(("version", Text));
}
