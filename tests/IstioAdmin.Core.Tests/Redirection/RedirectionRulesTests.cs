using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection;

namespace IstioAdmin.Core.Tests.Redirection;

/// <summary>Every branch of the plugins' decisions, release by release, as tables.</summary>
public sealed class RedirectionRulesTests
{
    private static readonly IstioRelease First = new(1, 1);
    private static IstioRelease? Today => null;

    /// <summary>A pod that both generations redirect by CNI.</summary>
    private static RedirectionFacts Injected { get; } = new()
    {
        Namespace = "default",
        Containers = ["details", "istio-proxy"],
        Phase = "Running",
        ProxyType = "sidecar",
        HasStatusAnnotation = true,
    };

    public static TheoryData<string> Releases => ["1.1", "1.2", "1.4", "1.6", "1.10", "1.11", "1.16", "1.18", "1.19", "1.22", "1.30", "unknown"];

    [Theory]
    [MemberData(nameof(Releases))]
    public void An_injected_pod_without_istio_init_is_redirected_by_cni(string release)
    {
        RedirectionExpectation judged = Judge(Injected, Parse(release));

        Assert.True(judged.Expected);
        Assert.Equal(RedirectMethod.Cni, judged.Method);
        Assert.All(judged.Conditions, condition => Assert.True(condition.Met, condition.Name));
        Assert.All(judged.Conditions, condition => Assert.NotEmpty(condition.Value));
        Assert.All(judged.Conditions, condition => Assert.StartsWith("istio/", condition.Source, StringComparison.Ordinal));
    }

    [Fact]
    public void The_first_generation_asks_these_conditions_in_this_order() => Assert.Equal(
        ["NotTerminated", "NotHostNetwork", "NamespaceNotExcluded", "SidecarPresent", "MoreThanOneContainer", "InjectNotDisabled", "StatusAnnotationPresent", "InterceptionModeRedirects"],
        Names(Judge(Injected, First)));

    [Fact]
    public void Today_these_conditions_are_asked_in_this_order() => Assert.Equal(
        ["NotTerminated", "NotHostNetwork", "NamespaceNotExcluded", "NoIstioInit", "EnvoyEnabled", "SidecarPresent", "ProxyTypeIsSidecar", "InjectNotDisabled", "StatusAnnotationPresent", "InterceptionModeRedirects"],
        Names(Judge(Injected, Today)));

    // Each row: what is different about the pod, the release, the condition that fails.
    public static TheoryData<string, RedirectionFacts, string, string> Refusals => new()
    {
        { "host network", Injected with { HostNetwork = true }, "1.1", "NotHostNetwork" },
        { "host network", Injected with { HostNetwork = true }, "unknown", "NotHostNetwork" },
        { "excluded namespace", Injected with { Namespace = "kube-system" }, "1.1", "NamespaceNotExcluded" },
        { "excluded namespace", Injected with { Namespace = "kube-system" }, "unknown", "NamespaceNotExcluded" },
        { "no proxy", Injected with { Containers = ["a", "b"], ProxyType = null }, "1.1", "SidecarPresent" },
        { "no proxy", Injected with { Containers = ["a", "b"], ProxyType = null }, "unknown", "SidecarPresent" },
        { "no containers", Injected with { Containers = [], ProxyType = null }, "unknown", "SidecarPresent" },
        { "one container", Injected with { Containers = ["istio-proxy"] }, "1.1", "MoreThanOneContainer" },
        { "one container", Injected with { Containers = ["istio-proxy"] }, "1.18", "MoreThanOneContainer" },
        { "a native sidecar, before there were any", Injected with { Containers = ["a", "b"], InitContainers = ["istio-proxy"] }, "1.18", "SidecarPresent" },
        { "a plain container istio-init", Injected with { Containers = ["istio-init", "istio-proxy"] }, "1.22", "NoIstioInit" },
        { "DISABLE_ENVOY", Injected with { DisableEnvoy = "true" }, "1.11", "EnvoyEnabled" },
        { "DISABLE_ENVOY", Injected with { DisableEnvoy = "1" }, "unknown", "EnvoyEnabled" },
        { "a router", Injected with { ProxyType = "router" }, "1.19", "ProxyTypeIsSidecar" },
        { "a waypoint", Injected with { ProxyType = "waypoint" }, "unknown", "ProxyTypeIsSidecar" },
        { "annotation false", Injected with { InjectAnnotation = "false" }, "1.1", "InjectNotDisabled" },
        { "annotation F", Injected with { InjectAnnotation = "F" }, "1.15", "InjectNotDisabled" },
        { "annotation false, no label", Injected with { InjectAnnotation = "false" }, "unknown", "InjectNotDisabled" },
        { "label false", Injected with { InjectLabel = "false" }, "1.16", "InjectNotDisabled" },
        { "label false over annotation true", Injected with { InjectLabel = "0", InjectAnnotation = "true" }, "unknown", "InjectNotDisabled" },
        { "annotation false over label true, before labels counted", Injected with { InjectLabel = "true", InjectAnnotation = "false" }, "1.15", "InjectNotDisabled" },
        { "no status annotation", Injected with { HasStatusAnnotation = false }, "1.1", "StatusAnnotationPresent" },
        { "no status annotation", Injected with { HasStatusAnnotation = false }, "unknown", "StatusAnnotationPresent" },
        { "mode NONE", Injected with { InterceptionMode = "NONE" }, "1.1", "InterceptionModeRedirects" },
        { "mode NONE", Injected with { InterceptionMode = "NONE" }, "unknown", "InterceptionModeRedirects" },
        { "a misspelt mode", Injected with { InterceptionMode = "tproxy" }, "1.2", "InterceptionModeRedirects" },
        { "a misspelt mode", Injected with { InterceptionMode = "tproxy" }, "unknown", "InterceptionModeRedirects" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void One_unmet_condition_leaves_the_pod_alone(string because, RedirectionFacts pod, string release, string condition)
    {
        RedirectionExpectation judged = Judge(pod, Parse(release));

        Assert.False(judged.Expected, because);
        Assert.Equal(RedirectMethod.None, judged.Method);
        Assert.Equal([condition], judged.Conditions.Where(c => !c.Met).Select(c => c.Name));
    }

    // Each row: what is different about the pod, the release that does not mind.
    public static TheoryData<string, RedirectionFacts, string> Indifferences => new()
    {
        { "DISABLE_ENVOY before it was asked", Injected with { DisableEnvoy = "true" }, "1.10" },
        { "DISABLE_ENVOY=false", Injected with { DisableEnvoy = "false" }, "unknown" },
        { "DISABLE_ENVOY that is no boolean", Injected with { DisableEnvoy = "yes" }, "unknown" },
        { "DISABLE_ENVOY from a source, so empty", Injected with { DisableEnvoy = "" }, "unknown" },
        { "a router before types were asked", Injected with { ProxyType = "router" }, "1.18" },
        { "no proxy type", Injected with { ProxyType = null }, "unknown" },
        { "a plain container istio-init before it was asked", Injected with { Containers = ["istio-init", "istio-proxy"] }, "1.3" },
        { "a proxy alone", Injected with { Containers = ["istio-proxy"] }, "1.19" },
        { "a native sidecar", Injected with { Containers = ["app"], InitContainers = ["istio-validation", "istio-proxy"] }, "1.19" },
        { "istio-validation", Injected with { InitContainers = ["istio-validation"] }, "unknown" },
        { "annotation true", Injected with { InjectAnnotation = "true" }, "1.1" },
        { "annotation that is no boolean", Injected with { InjectAnnotation = "off" }, "1.1" },
        { "annotation that is no boolean", Injected with { InjectAnnotation = "no" }, "unknown" },
        { "label before it counted", Injected with { InjectLabel = "false" }, "1.15" },
        { "label true over annotation false", Injected with { InjectLabel = "true", InjectAnnotation = "false" }, "1.16" },
        { "an empty label over annotation false", Injected with { InjectLabel = "", InjectAnnotation = "false" }, "unknown" },
        { "label that is no boolean over annotation false", Injected with { InjectLabel = "never", InjectAnnotation = "false" }, "unknown" },
        { "mode TPROXY", Injected with { InterceptionMode = "TPROXY" }, "unknown" },
        { "mode REDIRECT", Injected with { InterceptionMode = "REDIRECT" }, "1.1" },
        { "a misspelt mode, which 1.1 takes for REDIRECT", Injected with { InterceptionMode = "tproxy" }, "1.1" },
        { "no status yet", Injected with { Phase = null }, "unknown" },
        { "pending", Injected with { Phase = "Pending" }, "1.1" },
    };

    [Theory]
    [MemberData(nameof(Indifferences))]
    public void What_a_release_does_not_mind_changes_nothing(string because, RedirectionFacts pod, string release)
    {
        RedirectionExpectation judged = Judge(pod, Parse(release));

        Assert.True(judged.Expected, because);
        Assert.Equal(RedirectMethod.Cni, judged.Method);
    }

    [Theory]
    [InlineData("1", true), InlineData("t", true), InlineData("T", true), InlineData("true", true), InlineData("TRUE", true), InlineData("True", true)]
    [InlineData("0", false), InlineData("f", false), InlineData("F", false), InlineData("false", false), InlineData("FALSE", false), InlineData("False", false)]
    [InlineData("", true), InlineData("FaLsE", true), InlineData("no", true), InlineData("off", true), InlineData(" false", true), InlineData("00", true)]
    public void The_inject_annotation_counts_as_Go_reads_it(string text, bool redirected)
    {
        Assert.Equal(redirected, Judge(Injected with { InjectAnnotation = text }, First).Expected);
        Assert.Equal(redirected, Judge(Injected with { InjectAnnotation = text }, Today).Expected);
        Assert.Equal(redirected, Judge(Injected with { InjectLabel = text }, Today).Expected);
    }

    [Theory]
    [InlineData("1", false), InlineData("t", false), InlineData("T", false), InlineData("true", false), InlineData("TRUE", false), InlineData("True", false)]
    [InlineData("0", true), InlineData("f", true), InlineData("F", true), InlineData("false", true), InlineData("FALSE", true), InlineData("False", true)]
    [InlineData("", true), InlineData("TrUe", true), InlineData("yes", true), InlineData("on", true)]
    public void DISABLE_ENVOY_counts_as_Go_reads_it(string text, bool redirected) =>
        Assert.Equal(redirected, Judge(Injected with { DisableEnvoy = text }, Today).Expected);

    [Theory]
    [MemberData(nameof(Releases))]
    public void With_istio_init_the_pod_is_redirected_whatever_the_plugin_would_say(string release)
    {
        RedirectionFacts pod = Injected with
        {
            Namespace = "kube-system",
            InitContainers = ["istio-init", "enable-core-dump"],
            InjectAnnotation = "false",
            DisableEnvoy = "true",
            HasStatusAnnotation = false,
        };

        RedirectionExpectation judged = Judge(pod, Parse(release));

        Assert.True(judged.Expected);
        Assert.Equal(RedirectMethod.InitContainer, judged.Method);
        Assert.Equal(["NotTerminated", "NotHostNetwork", "SidecarPresent", "IstioInitPresent"], Names(judged));
    }

    [Fact]
    public void Istio_init_without_a_proxy_redirects_what_should_not_be()
    {
        RedirectionExpectation judged = Judge(Injected with { Containers = ["app"], InitContainers = ["istio-init"] }, Today);

        Assert.False(judged.Expected);
        Assert.Equal(RedirectMethod.InitContainer, judged.Method);
        Assert.Equal("SidecarPresent", Assert.Single(judged.Conditions, c => !c.Met).Name);
    }

    [Fact]
    public void Istio_init_on_the_host_network_counts_as_nothing()
    {
        RedirectionExpectation judged = Judge(Injected with { InitContainers = ["istio-init"], HostNetwork = true }, Today);

        Assert.False(judged.Expected);
        Assert.Equal(RedirectMethod.None, judged.Method);
    }

    [Theory]
    [InlineData("Succeeded"), InlineData("Failed")]
    public void Nothing_is_expected_of_a_pod_that_has_ended_but_its_method_stays(string phase)
    {
        RedirectionExpectation byCni = Judge(Injected with { Phase = phase }, Today);
        RedirectionExpectation byInit = Judge(Injected with { Phase = phase, InitContainers = ["istio-init"] }, First);

        Assert.Equal((false, RedirectMethod.Cni), (byCni.Expected, byCni.Method));
        Assert.Equal((false, RedirectMethod.InitContainer), (byInit.Expected, byInit.Method));
        Assert.Contains(phase, Assert.Single(byCni.Conditions, c => !c.Met).Value, StringComparison.Ordinal);
    }

    private static RedirectionFacts Plain { get; } = new() { Namespace = "default", Containers = ["app"], Phase = "Running" };

    [Theory]
    [InlineData("enabled", null), InlineData("pending", null), InlineData("enabled", "ambient"), InlineData(null, "ambient")]
    public void A_pod_that_says_so_is_redirected_in_ambient_mode(string? annotation, string? label)
    {
        RedirectionExpectation judged = Judge(Plain with { AmbientRedirection = annotation, DataplaneMode = label }, Today);

        Assert.True(judged.Expected);
        Assert.Equal(RedirectMethod.Ambient, judged.Method);
        Assert.Equal(["NotTerminated", "NotHostNetwork", "NamespaceNotExcluded", "NoSidecar", "AmbientSelected"], Names(judged));
    }

    [Theory]
    [InlineData(null, "none"), InlineData(null, null), InlineData("disabled", null)]
    public void A_pod_that_does_not_is_judged_as_one_without_a_sidecar(string? annotation, string? label)
    {
        RedirectionExpectation judged = Judge(Plain with { AmbientRedirection = annotation, DataplaneMode = label }, Today);

        Assert.False(judged.Expected);
        Assert.Equal(RedirectMethod.None, judged.Method);
        Assert.Equal(["SidecarPresent", "StatusAnnotationPresent"], judged.Conditions.Where(c => !c.Met).Select(c => c.Name));
    }

    [Fact]
    public void A_sidecar_keeps_a_pod_out_of_ambient_mode()
    {
        RedirectionExpectation judged = Judge(Injected with { DataplaneMode = "ambient" }, Today);

        Assert.True(judged.Expected);
        Assert.Equal(RedirectMethod.Cni, judged.Method);
    }

    [Fact]
    public void Ambient_mode_leaves_excluded_namespaces_and_the_host_network_alone()
    {
        RedirectionFacts ambient = Plain with { DataplaneMode = "ambient" };

        Assert.Equal(RedirectMethod.None, Judge(ambient with { Namespace = "kube-system" }, Today).Method);
        Assert.Equal(RedirectMethod.None, Judge(ambient with { HostNetwork = true }, Today).Method);
        Assert.False(Judge(ambient with { Phase = "Failed" }, Today).Expected);
    }

    [Theory]
    [InlineData("1.1", "istio/cni release-1.1: cmd/istio-cni/main.go")]
    [InlineData("1.6", "istio/cni release-1.6: cmd/istio-cni/main.go")]
    [InlineData("1.7", "istio/istio release-1.7: cni/cmd/istio-cni/main.go")]
    [InlineData("1.10", "istio/istio release-1.10: cni/cmd/istio-cni/main.go")]
    [InlineData("1.11", "istio/istio release-1.11: cni/pkg/plugin/plugin.go")]
    [InlineData("1.22", "istio/istio release-1.22: cni/pkg/plugin/plugin.go")]
    [InlineData("unknown", "istio/istio: cni/pkg/plugin/plugin.go")]
    public void Each_condition_names_the_file_of_its_own_release(string release, string source) =>
        Assert.Equal(source, Judge(Injected, Parse(release)).Conditions.Single(c => c.Name == "NamespaceNotExcluded").Source);

    [Fact]
    public void The_value_names_what_decided()
    {
        RedirectionExpectation judged = RedirectionRules.Judge(Injected with { Namespace = "istio-system", InjectLabel = "off" }, new(Today, ["istio-system"]));

        Assert.Equal("namespace istio-system is in exclude_namespaces", judged.Conditions.Single(c => c.Name == "NamespaceNotExcluded").Value);
        Assert.Equal("label sidecar.istio.io/inject='off' is no boolean and is ignored", judged.Conditions.Single(c => c.Name == "InjectNotDisabled").Value);
        Assert.Contains("not known", RedirectionRules.Judge(Injected, new()).Conditions.Single(c => c.Name == "NamespaceNotExcluded").Value, StringComparison.Ordinal);
    }

    private static RedirectionExpectation Judge(RedirectionFacts pod, IstioRelease? release) =>
        RedirectionRules.Judge(pod, new RedirectionContext(release, ["kube-system", "istio-system"]));

    private static IEnumerable<string> Names(RedirectionExpectation judged) => judged.Conditions.Select(c => c.Name);

    private static IstioRelease? Parse(string release) => IstioRelease.TryParse(release, out IstioRelease parsed) ? parsed : null;
}
