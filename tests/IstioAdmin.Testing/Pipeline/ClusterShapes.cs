using static IstioAdmin.Testing.Pipeline.Shape;

namespace IstioAdmin.Testing.Pipeline;

/// <summary>Bodies of requests that create and change clusters and node pools, after the API description.</summary>
internal static class ClusterShapes
{
    private static readonly Shape s_size = Fields(("min!", Whole), ("max!", Whole), ("desired", Whole));

    private static readonly Shape s_autoScalingGroup = Fields(
        ("name!", Text), ("image!", Text), ("volumeSize", Whole), ("zones!", ListOf(Text)), ("instanceType!", Text), ("launchConfigurationName!", Text),
        ("launchTemplate", AnyObject), ("vpcID!", Text), ("securityGroupID!", Text), ("subnets!", ListOf(Text)), ("tags!", AnyObject), ("spotPrice!", Text), ("size!", s_size))
        .Tolerating("name", "image", "launchConfigurationName", "vpcID", "securityGroupID", "subnets", "tags");

    private static readonly Shape s_host = Fields(("name!", Text), ("privateIP!", Text), ("roles!", ListOf(Text)));

    private static readonly FieldsShape s_amazonPool = Fields(
        ("name!", Text), ("roles!", ListOf(Text)), ("labels", MapOf(Text)), ("autoscaling!", Flag), ("provider!", Text),
        ("providerConfig!", Fields(("autoScalingGroup!", s_autoScalingGroup))), ("hosts", ListOf(s_host))).Tolerating("autoscaling");

    /// <summary><c>properties.pke</c> of the classic request; <c>cloudProviderConfig</c> is the service's own (<c>pkg/cluster/pke/types.go</c>).</summary>
    private static readonly Shape s_pke = Fields(
        ("network!", Fields(("apiServerAddress!", Text), ("serviceCIDR!", Text), ("podCIDR!", Text), ("provider!", Text), ("cloudProviderConfig", Fields(("vpcID", Text), ("subnets", ListOf(Text))))).Tolerating("apiServerAddress", "serviceCIDR", "podCIDR", "provider")),
        ("nodePools!", ListOf(s_amazonPool)),
        ("kubernetes!", Fields(("version!", Text), ("rbac!", Fields(("enabled!", Flag))), ("oidc", Fields(("enabled", Flag))))),
        ("cri!", Fields(("runtime!", Text), ("runtimeConfig", AnyObject)))).Tolerating("network");

    private static readonly Shape s_proxy = Fields(("host!", Text), ("port", WholeFrom(0, 65535)), ("secretId", Text), ("scheme", Text));

    private static readonly FieldsShape s_modern = Fields(
        ("name!", Text), ("secretId", Text), ("secretName", Text), ("sshSecretId", Text), ("type!", Text),
        ("kubernetes!", Fields(
            ("version!", Text), ("rbac", Flag), ("oidc", Fields(("enabled", Flag))), ("cri", Fields(("runtime", Text), ("runtimeConfig", AnyObject))),
            ("network", Fields(("serviceCIDR", Text), ("podCIDR", Text), ("provider", OneOf("weave", "calico", "cilium")), ("providerConfig", AnyObject))))),
        ("proxy", Fields(("http", s_proxy), ("https", s_proxy), ("exceptions", ListOf(Text)))));

    private static readonly Shape s_roles = ListOf(OneOf("master", "system", "worker"));

    private static readonly Shape s_azurePool = Fields(
        ("name!", Text), ("roles!", s_roles), ("labels", MapOf(Text)), ("subnet", Fields(("name", Text), ("cidr", Text))), ("zones", ListOf(OneOf("1", "2", "3"))),
        ("autoscaling", Flag), ("minCount", WholeFrom(1)), ("maxCount", WholeFrom(1)), ("count", WholeFrom(1)), ("instanceType!", Text));

    private static readonly Shape s_spherePool = Fields(
        ("name!", Text), ("roles!", s_roles), ("labels", MapOf(Text)), ("size", WholeFrom(1)), ("vcpu!", Whole), ("ram!", Whole), ("template", Text), ("adminUsername", Text));

    private static readonly Shape s_accessPoints = ListOf(OneOf("private", "public"));

    /// <summary>CreateClusterRequest with CreatePKEProperties.</summary>
    public static Shape Classic { get; } = Fields(
        ("name!", Text), ("location!", Text), ("cloud!", Text), ("secretId", Text), ("secretIds", ListOf(Text)), ("secretName", Text), ("postHooks", AnyObject),
        ("properties!", Fields(("pke!", s_pke))));

    /// <summary>CreatePKEOnAzureClusterRequest.</summary>
    public static Shape Azure { get; } = s_modern.And(Fields(
        ("location", Text), ("resourceGroup!", Text), ("network", Fields(("name", Text), ("cidr", Text))), ("accessPoints", s_accessPoints),
        ("apiServerAccessPoints", s_accessPoints), ("nodepools", ListOf(s_azurePool))));

    /// <summary>CreatePKEOnVsphereClusterRequest. The description asks for a resourceGroup that it does not define; the service knows a resourcePool.</summary>
    public static Shape Sphere { get; } = s_modern.And(Fields(
        ("storageSecretId", Text), ("storageSecretName", Text), ("folder", Text), ("datastore", Text), ("resourcePool", Text), ("nodepools", ListOf(s_spherePool)), ("loadBalancerIPRange", Text)));

    /// <summary>UpdateClusterRequestDeprecated with UpdatePKEProperties.</summary>
    public static Shape ClassicUpdate { get; } = Fields(("cloud!", Text), ("properties!", Fields(("pke!", Fields(("nodePools!", MapOf(Fields(
        ("instanceType", Text), ("spotPrice", Text), ("autoscaling", Flag), ("minCount", Whole), ("maxCount", Whole), ("count", Whole), ("subnets", ListOf(Text)), ("labels", MapOf(Text))))))))));

    /// <summary>UpdatePKEOnAzureClusterRequest.</summary>
    public static Shape AzureUpdate { get; } = Fields(("nodepools", ListOf(s_azurePool)));

    /// <summary>UpdatePKEOnVsphereClusterRequest.</summary>
    public static Shape SphereUpdate { get; } = Fields(("nodepools", ListOf(s_spherePool)));

    /// <summary>UpdateClusterRequest: the version to go to.</summary>
    public static Shape VersionUpdate { get; } = Fields(("version", Text));
}
