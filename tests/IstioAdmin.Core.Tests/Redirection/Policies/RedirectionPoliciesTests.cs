using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Redirection;
using static IstioAdmin.Core.Tests.Redirection.Policies.PolicyWorld;

namespace IstioAdmin.Core.Tests.Redirection.Policies;

public sealed class RedirectionPoliciesTests
{
    private static PolicyClause Clause(RedirectionPolicy policy, string name) => Assert.Single(policy.Clauses, clause => clause.Name == name);

    [Fact]
    public void Todays_pod_without_annotations_has_everything_captured_but_the_proxys_own_ports()
    {
        RedirectionPolicy policy = Policy(ByCni());

        Assert.Equal(
            ["InboundCaptured", "InboundLeft", "OutboundCaptured", "OutboundLeft", "SelfLeft", "ProxyOwn", "ProxyToApplication", "ProxySelfCall"],
            policy.Clauses.Select(clause => clause.Name));
        Assert.Equal("inbound TCP to every port but 15020, 15021, 15090, 15008 enters the proxy at port 15006", Clause(policy, "InboundCaptured").Text);
        Assert.Equal("outbound TCP to every address but port 15020 enters the proxy at port 15001", Clause(policy, "OutboundCaptured").Text);
        Assert.Equal(["default of the CNI plugin (istio/istio release-1.26: cni/pkg/plugin/sidecar_redirect.go)"], Clause(policy, "InboundCaptured").Sources);
        Assert.Equal("1337 1337", $"{policy.Proxy!.Users.Single()} {policy.Proxy.Groups.Single()}");
        Assert.Empty(policy.Problems);
        Assert.Empty(Broken(policy, family => Written(policy, family)));
    }

    [Fact]
    public void Clauses_name_the_annotation_that_they_come_from()
    {
        RedirectionPolicy policy = Policy(ByCni(annotations: Annotations((PluginAnnotations.ExcludeInboundPorts, "3306"), (PluginAnnotations.ExcludeRanges, "10.0.0.0/8"))));

        Assert.Contains($"annotation {PluginAnnotations.ExcludeInboundPorts}=3306", Clause(policy, "InboundLeft").Sources);
        Assert.Contains($"annotation {PluginAnnotations.ExcludeRanges}=10.0.0.0/8", Clause(policy, "OutboundLeft").Sources);
        Assert.Equal("inbound TCP to ports 3306, 15020, 15021, 15090, 15008 reaches its listener directly", Clause(policy, "InboundLeft").Text);
    }

    [Fact]
    public void Pods_with_equal_settings_share_the_policy_and_its_questions_whichever_listing_they_came_from()
    {
        var policies = new RedirectionPolicies();
        RedirectionPolicy one = policies.For(ByCni(annotations: Annotations((PluginAnnotations.ExcludeInboundPorts, "3306"), ("sidecar.istio.io/status", "1"))));
        RedirectionPolicy other = policies.For(ByCni(annotations: Annotations((PluginAnnotations.ExcludeInboundPorts, "3306"), ("sidecar.istio.io/status", "2"))));
        RedirectionPolicy ports = policies.For(ByCni(applications: [App(80)]));
        RedirectionPolicy plain = policies.For(ByCni());

        Assert.Same(one, other);
        Assert.NotSame(ports, plain);
        Assert.Equal(3, policies.Count);
        Assert.Same(Clause(ports, "InboundCaptured").Queries[0].Query, Clause(plain, "InboundCaptured").Queries[0].Query);
        Assert.NotSame(Clause(one, "InboundCaptured").Queries[0].Query, Clause(plain, "InboundCaptured").Queries[0].Query);
    }

    [Fact]
    public void Many_threads_get_one_instance()
    {
        var policies = new RedirectionPolicies();
        RedirectionPolicy[] seen = new RedirectionPolicy[64];

        Parallel.For(0, seen.Length, i => seen[i] = policies.For(ByCni(annotations: Annotations((PluginAnnotations.IncludeInboundPorts, $"{i % 4}")))));

        Assert.Equal(4, seen.Distinct(ReferenceEqualityComparer.Instance).Count());
    }

    [Fact]
    public void What_is_kept_is_bounded()
    {
        var policies = new RedirectionPolicies();

        for (int i = 0; i < 5000; i++)
            policies.For(ByCni(annotations: Annotations((PluginAnnotations.IncludeInboundPorts, $"{i + 1}"))));

        Assert.InRange(policies.Count, 1, 4096);
    }

    [Fact]
    public void A_pod_that_nothing_redirects_has_no_clauses()
    {
        RedirectionPolicy policy = Policy(Pod(RedirectMethod.None, null, PodTrafficFacts.None));

        Assert.Empty(policy.Clauses);
        Assert.Null(policy.Settings);
    }

    // istio-init

    [Fact]
    public void What_istio_init_was_started_with_counts_and_no_annotation()
    {
        MeshPod pod = ByInit("1.22.0", ["istio-iptables", "-p", "15001", "-z=15016", "-u1337", "-m", "REDIRECT", "-i", "*", "-x", "", "--istio-inbound-ports=8080", "-d", "15090,15021"]) with
        {
            Annotations = Annotations((PluginAnnotations.IncludeInboundPorts, "*")),
        };

        RedirectionPolicy policy = Policy(pod);

        Assert.Equal(("8080", (ushort?)15016, "1337"), (policy.Settings!.InboundPorts.Single(), policy.Settings.InboundCapturePort, policy.Settings.ProxyUsers.Single()));
        Assert.Equal("inbound TCP to port 8080 enters the proxy at port 15016", Clause(policy, "InboundCaptured").Text);
        Assert.Contains("istio-init --istio-inbound-ports 8080", Clause(policy, "InboundCaptured").Sources);
    }

    [Fact]
    public void Flags_may_be_in_the_command_and_in_the_environment()
    {
        RedirectionPolicy policy = Policy(ByInit(
            "1.22.0", [], new Dictionary<string, string> { ["ISTIO_SERVICE_CIDR"] = "10.0.0.0/8", ["ISTIO_INBOUND_PORTS"] = "80", ["INVALID_DROP"] = "true", ["ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE"] = "5" },
            command: ["istio-iptables", "-b", "*"]));

        Assert.Equal(("*", "10.0.0.0/8", true), (policy.Settings!.InboundPorts.Single(), policy.Settings.OutboundIpRanges.Single(), policy.Settings.DropInvalid));
        Assert.Equal(["ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE=5 of istio-init", "default of istio-init (istio/istio: tools/common/config/config.go)"], Clause(policy, "GroupsLeft").Sources.Reverse());
        Assert.Equal("InvalidDropped", Clause(policy, "InvalidDropped").Name);
    }

    [Fact]
    public void Without_inbound_ports_nothing_inbound_is_captured_and_that_is_said()
    {
        RedirectionPolicy policy = Policy(ByInit("1.22.0", ["istio-iptables", "-u", "1337", "-i", "*", "-b", ""]));

        Assert.DoesNotContain(policy.Clauses, clause => clause.Name == "InboundCaptured");
        Assert.Equal("inbound TCP to every port reaches its listener directly", Clause(policy, "InboundLeft").Text);
        Assert.Equal("istio-init -b ''", Assert.Single(policy.Problems, problem => problem.Name == "NoInboundPorts").Source);
    }

    [Fact]
    public void DNS_of_servers_that_only_the_pod_knows_is_left_out_of_the_question()
    {
        RedirectionPolicy policy = Policy(ByInit("1.22.0", ["-i", "*", "-b", "*", "--redirect-dns"]));

        Assert.DoesNotContain(policy.Clauses, clause => clause.Name == "DnsCaptured");
        Assert.Contains(PortRange.Only(53), Clause(policy, "OutboundCaptured").Queries[0].Query.ExceptDestinationPorts);
        // Whatever the servers are: with the pod's own in it, the rules still fulfil the policy.
        Assert.Empty(Broken(policy, family => PodRedirectionRules.Write(policy.Settings! with { DnsServers = ["10.96.0.10"] }, family)));
    }

    [Fact]
    public void A_flag_with_a_value_that_istio_init_cannot_take_is_a_problem()
    {
        RedirectionPolicy policy = Policy(ByInit("1.22.0", ["-p", "http", "-b", "80,x", "-i", "*"]));

        Assert.Equal(["InvalidArgument", "UnusableValue"], policy.Problems.Take(2).Select(problem => problem.Name));
        Assert.Contains("istio-init -b 80,x: 'x' is not a port", policy.Problems[1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--skip-rule-apply"), InlineData("-n"), InlineData("--cleanup-only=true")]
    public void An_istio_init_that_writes_nothing_is_a_problem(string flag) =>
        Assert.Contains(Policy(ByInit("1.22.0", [flag, "-b", "*", "-i", "*"])).Problems, problem => problem.Name == "NothingWritten");

    // Annotations that cannot be used, by release

    [Theory]
    [InlineData("1.1.14", "takes its default")]
    [InlineData("1.12.3", "runs without redirection")]
    [InlineData("1.26.0", "does not start")]
    public void An_annotation_that_cannot_be_read_is_a_problem_and_its_consequence_that_of_the_release(string version, string consequence)
    {
        RedirectionPolicy policy = Policy(ByCni(
            version, Annotations((PluginAnnotations.ExcludeInboundPorts, "80,http"), (PluginAnnotations.ExcludeRanges, "10.0.0.1")), applications: [App(9080)]));

        Assert.Equal(2, policy.Problems.Count(problem => problem.Name == "InvalidAnnotation"));
        Assert.All(policy.Problems, problem => Assert.Contains(consequence, problem.Text, StringComparison.Ordinal));
        Assert.Contains("has 'http', which is no port", policy.Problems[0].Text, StringComparison.Ordinal);
        Assert.NotEmpty(policy.Clauses);
    }

    [Fact]
    public void What_the_plugin_lets_through_and_iptables_refuses_is_a_problem()
    {
        // Octal to iptables.
        PolicyProblem problem = Assert.Single(Policy(ByCni(annotations: Annotations((PluginAnnotations.IncludeInboundPorts, "080")))).Problems);

        Assert.Equal("UnusableValue", problem.Name);
        Assert.Contains("does not start", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_plugin_takes_what_is_no_boolean_for_false()
    {
        RedirectionPolicy policy = Policy(ByCni(proxy: Proxy(("ISTIO_META_DNS_CAPTURE", "yes"))));

        Assert.False(policy.Settings!.RedirectDns);
        Assert.Equal("InvalidBoolean", Assert.Single(policy.Problems).Name);
    }

    // Releases

    [Theory]
    [InlineData("1.1.14", "inbound TCP to port 9080 enters the proxy at port 15001")]
    [InlineData("1.4.0", "inbound TCP to every port but 22, 15020 enters the proxy at port 15006")]
    [InlineData("1.8.0", "inbound TCP to every port but 22, 15020, 15021, 15090, 15008 enters the proxy at port 15006")]
    [InlineData("1.13.0", "inbound TCP to every port but 15020, 15021, 15090, 15008 enters the proxy at port 15006")]
    public void Each_release_captures_its_ports(string version, string text) =>
        Assert.Equal(text, Clause(Policy(ByCni(version, applications: [App(9080)])), "InboundCaptured").Text);

    [Fact]
    public void The_plugin_exempts_the_proxys_own_user_and_group_since_it_reads_them()
    {
        ContainerTraffic proxy = Proxy() with { RunAsUser = 1000660001, RunAsGroup = 1000660001 };

        Assert.Equal([1000660001u], Policy(ByCni("1.22.0", proxy: proxy)).Proxy!.Users);
        RedirectionPolicy before = Policy(ByCni("1.18.0", proxy: proxy));
        Assert.Equal([1337u], before.Proxy!.Users);
        Assert.Contains(before.Problems, problem => problem.Name == "ProxyNotExempt" && problem.Text.Contains("1000660001", StringComparison.Ordinal));
    }

    [Fact]
    public void Captured_DNS_is_asked_for_and_the_agents_own_is_left()
    {
        RedirectionPolicy policy = Policy(ByCni(proxy: Proxy(("ISTIO_META_DNS_CAPTURE", "true"))));

        Assert.Equal("ISTIO_META_DNS_CAPTURE=true of istio-proxy", Assert.Single(Clause(policy, "DnsCaptured").Sources));
        Assert.Empty(Broken(policy, family => Written(policy, family)));
        Assert.Equal(["DnsCaptured"], BrokenNames(policy, Iptables.Printing.SavePrinter.Print(Written(policy with { Settings = policy.Settings! with { RedirectDns = false } }, IpFamily.IPv4))));
    }

    // Settings that mean more than they say

    [Theory]
    [InlineData(PluginAnnotations.ExcludeInboundPorts, "8080", "DeclaredPortExcluded")]
    [InlineData(PluginAnnotations.IncludeInboundPorts, "9999", "DeclaredPortNotIncluded")]
    [InlineData(PluginAnnotations.IncludeInboundPorts, "", "NoInboundPorts")]
    [InlineData(PluginAnnotations.ExcludeRanges, "0.0.0.0/0", "AllDestinationsExcluded")]
    [InlineData(PluginAnnotations.IncludeRanges, "", "NoOutboundRanges")]
    [InlineData(PluginAnnotations.ExcludeInterfaces, "eth0", "MainInterfaceExcluded")]
    public void Settings_that_swallow_more_than_meant_are_problems(string annotation, string value, string problem)
    {
        RedirectionPolicy policy = Policy(ByCni(annotations: Annotations((annotation, value)), applications: [App(8080)]));

        Assert.Equal(problem, Assert.Single(policy.Problems).Name);
        Assert.Empty(Broken(policy, family => Written(policy, family)));
    }

    [Fact]
    public void An_included_range_within_an_excluded_one_and_ports_that_do_not_count_are_problems() => Assert.Equal(
        ["ExcludedPortsIgnored", "IncludedRangeExcluded"],
        Policy(ByCni(annotations: Annotations(
            (PluginAnnotations.IncludeRanges, "10.96.0.0/16"), (PluginAnnotations.ExcludeRanges, "10.0.0.0/8"), (PluginAnnotations.IncludeInboundPorts, "80"), (PluginAnnotations.ExcludeInboundPorts, "81"))))
            .Problems.Select(problem => problem.Name));

    [Theory]
    [InlineData(1337L, null), InlineData(null, 1337L)]
    public void An_application_that_runs_as_the_proxy_is_a_problem(long? user, long? group)
    {
        PolicyProblem problem = Assert.Single(Policy(ByCni(applications: [App() with { RunAsUser = user, RunAsGroup = group }])).Problems);

        Assert.Equal("RunsAsProxy", problem.Name);
        Assert.Contains("Container app runs as", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pods_ids_count_where_the_application_has_none_of_its_own()
    {
        MeshPod pod = Pod(RedirectMethod.Cni, "1.26.0", new() { Containers = [App(), Proxy()], RunAsUser = 1337 });

        Assert.Equal("securityContext of the pod", Assert.Single(Policy(pod).Problems).Source);
    }

    [Fact]
    public void Variables_that_only_istio_init_reads_are_a_problem_with_the_plugin() =>
        Assert.Equal("VariableNotRead", Assert.Single(Policy(ByCni(proxy: Proxy(("ISTIO_OUTBOUND_OWNER_GROUPS", "1000")))).Problems).Name);

    // IPv6

    [Fact]
    public void IPv6_clauses_are_for_pods_with_such_addresses()
    {
        RedirectionPolicy single = Policy(ByCni());
        RedirectionPolicy dual = Policy(ByCni(addresses: Dual, proxy: Proxy(("ISTIO_DUAL_STACK", "true"))));
        RedirectionPolicy six = Policy(ByCni(addresses: V6));

        Assert.All(single.Clauses.SelectMany(clause => clause.Queries), query => Assert.Equal(IpFamily.IPv4, query.Family));
        Assert.Equal((false, true, true), (single.Settings!.IPv6, dual.Settings!.IPv6, six.Settings!.IPv6));
        Assert.All(dual.Clauses, clause => Assert.Equal([IpFamily.IPv4, IpFamily.IPv6], clause.Queries.Select(query => query.Family).Distinct().Order()));
        Assert.All(six.Clauses.SelectMany(clause => clause.Queries), query => Assert.Equal(IpFamily.IPv6, query.Family));
        Assert.Empty(dual.Problems);
    }

    [Fact]
    public void The_first_generation_refuses_IPv6_and_an_open_INPUT_chain_lets_it_escape()
    {
        RedirectionPolicy policy = Policy(ByCni("1.1.14", addresses: Dual, applications: [App(9080)]));

        Assert.Equal(ClauseKind.Captured, Clause(policy, "InboundIPv6Refused").Kind);
        Assert.Contains(policy.Problems, problem => problem.Name == "IPv6NotCaptured");
        Assert.Empty(Broken(policy, family => Written(policy, family)));
        Assert.Equal(["InboundIPv6Refused IPv6 Escapes"], Broken(policy, family => family == IpFamily.IPv4 ? Written(policy, family) : new Ruleset { Family = family }).Select(text => text[..text.IndexOf(':', StringComparison.Ordinal)]));
    }

    // Interfaces

    [Fact]
    public void Nothing_is_asked_of_an_excluded_interface_and_of_those_of_virtual_machines()
    {
        RedirectionPolicy policy = Policy(ByCni(annotations: Annotations((PluginAnnotations.ExcludeInterfaces, "net+"), (PluginAnnotations.RerouteInterfaces, "tap0"))));
        var host = new Iptables.Tracing.TraceHost(
            [.. Host.Interfaces, new("net1", [(IpFamily.IPv4, Address("192.168.1.5"))]), new("tap0", [(IpFamily.IPv4, Address("192.168.2.1"))])], "eth0");

        Assert.Empty(Broken(policy, family => Written(policy, family), host));
        Assert.Contains(Broken(policy, family => Written(Policy(ByCni(annotations: Annotations((PluginAnnotations.ExcludeInterfaces, "eth0")))), family), host), text => text.StartsWith("InboundCaptured", StringComparison.Ordinal));
    }
}
