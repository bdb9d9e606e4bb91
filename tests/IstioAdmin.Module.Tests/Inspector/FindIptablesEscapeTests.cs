using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests.Inspector;

/// <summary>Find-IptablesEscape as an administrator types it.</summary>
public sealed class FindIptablesEscapeTests : InspectorTest
{
    [Fact]
    public void An_escape_comes_with_its_rule_and_a_packet_that_a_trace_confirms()
    {
        PSObject answer = Find("Inbound tcp -RedirectedTo 15006 -HostAddress 10.244.7.5");

        Assert.Equal("Escapes", Text(answer, "Verdict"));
        PSObject escape = One("$args[0].Escapes[0]", answer);
        Assert.Equal("Delivered", Text(escape, "Outcome"));
        Assert.StartsWith("rule 1 of PREROUTING in table nat:", Text(escape, "Rule"), StringComparison.Ordinal);
        Assert.Equal("tcp 10.244.7.77:40000 to 10.244.7.5:8080 in by eth0", Text(escape, "Example"));
        Assert.Equal("Delivered", One("$e = $args[0].Escapes[0].Example; \"$(($args[0] | Trace-IptablesPacket Inbound tcp $e.DestinationPort -Source $e.SourceAddress -HostAddress 10.244.7.5).Kind)\"", answer).ToString());
    }

    [Fact]
    public void What_is_left_out_of_the_question_does_not_escape()
    {
        Assert.Equal("Proven", Text(Find("Inbound tcp -RedirectedTo 15006 -HostAddress 10.244.7.5 -ExceptPort 8080"), "Verdict"));
        Assert.Equal("Proven", Text(Find("Inbound tcp -RedirectedTo 15006 -HostAddress 10.244.7.5 -ExceptSource 10.244.7.64-10.244.7.127"), "Verdict"));
        Assert.Equal("Escapes", Text(Find("Inbound tcp -RedirectedTo 15006 -HostAddress 10.244.7.5 -ExceptPort 8081-9000, 1:8079"), "Verdict"));
    }

    [Fact]
    public void What_is_not_understood_is_not_proven()
    {
        PSObject answer = One("ConvertFrom-IptablesSave $args[0] | Find-IptablesEscape Inbound tcp -RedirectedTo 15006", Doubtful);

        Assert.Equal("Unproven", Text(answer, "Verdict"));
        Assert.Equal("-m geoip --source-country CH", One("$args[0].Unproven[0].Doubt", answer).ToString());
    }

    [Fact]
    public void What_the_proxy_sends_and_gets_back_is_a_loop()
    {
        PSObject answer = One("ConvertFrom-IptablesSave $args[0] | Find-IptablesEscape Outbound tcp -RedirectedTo 15001 -ProxyUserId 1337 -ExceptDestination 127.0.0.0/8",
            "*nat\n-A OUTPUT -p tcp -j REDIRECT --to-ports 15001\nCOMMIT\n");

        Assert.Equal("Loops", Text(answer, "Verdict"));
        Assert.EndsWith("from uid 1337 gid 1000", Text(One("$args[0].Loops[0]", answer), "Example"), StringComparison.Ordinal);
        Assert.Equal("Proven", Text(Find("Outbound tcp -RedirectedTo 15001 -ProxyUserId 1337"), "Verdict"));
    }

    [Theory]
    [InlineData("Inbound tcp -RedirectedTo 15006 -DestinationPort 80 -ExceptPort 80")]
    [InlineData("Inbound tcp -RedirectedTo 15006 -Source 127.0.0.1")]
    [InlineData("Inbound icmp -RedirectedTo 15006 -DestinationPort 80")]
    [InlineData("Outbound tcp -Expect Sent -UserId 5 -ExceptUserId 0-9")]
    public void A_question_about_no_packet_is_not_proven_but_warned_about(string question)
    {
        ScriptResult result = Shell.Run($"ConvertFrom-IptablesSave $args[0] | Find-IptablesEscape {question}", Leaky).ThrowIfFailed();

        Assert.Equal("NoPackets", Text(Assert.Single(result.Output), "Verdict"));
        Assert.Contains("no packet", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-State @()")]
    [InlineData("-Mark @()")]
    [InlineData("-Destination $null")]
    [InlineData("-ExceptPort $null")]
    [InlineData("-InInterface ''")]
    [InlineData("-Expect Sent -RedirectedTo 15006")]
    [InlineData("-MaxBox 0")]
    [InlineData("-State Fresh")]
    public void A_question_that_makes_no_sense_is_refused(string parameters)
    {
        ScriptResult result = Shell.Run($"ConvertFrom-IptablesSave $args[0] | Find-IptablesEscape Inbound tcp {parameters}", Leaky);

        Assert.Empty(result.Output);
        Assert.IsType<ParameterBindingException>(result.Terminating, exactMatch: false);
    }

    [Fact]
    public void A_line_that_was_lost_makes_a_proof_impossible()
    {
        PSObject answer = Assert.Single(Shell.Run("ConvertFrom-IptablesSave $args[0] -ErrorAction Ignore | Find-IptablesEscape Inbound tcp -RedirectedTo 15006",
            "*nat\n-A PREROUTING --no-such\n-A PREROUTING -p tcp -j REDIRECT --to-ports 15006\nCOMMIT\n").ThrowIfFailed().Output);

        Assert.Equal("Unproven", Text(answer, "Verdict"));
        Assert.Empty(List(answer, "Unproven"));
        Assert.Contains("1 line", One("$args[0].Gaps[0]", answer).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Legacy_tables_that_the_dump_does_not_show_make_a_proof_impossible()
    {
        PSObject answer = One("ConvertFrom-IptablesSave $args[0] | Find-IptablesEscape Inbound tcp -RedirectedTo 15006 -ExceptPort 8080",
            "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n" + Leaky);

        Assert.Equal("Unproven", Text(answer, "Verdict"));
        Assert.Contains("legacy", One("$args[0].Gaps[0]", answer).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_ruleset_of_another_family_is_left_out_with_a_warning()
    {
        ScriptResult result = Shell.Run("New-PodRedirectionRule -Family IPv4, IPv6 | Find-IptablesEscape Outbound tcp -Destination fd00::/8").ThrowIfFailed();

        Assert.Equal("IPv6", One("\"$($args[0].Ruleset.Family)\"", Assert.Single(result.Output)).ToString());
        Assert.Equal("The IPv4 ruleset is left out: -Destination has no IPv4 address.", Assert.Single(result.Warnings));
    }

    [Theory]
    [InlineData("Delivered", "80", "Proven")]
    [InlineData("Redirected", "81", "Proven")]
    [InlineData("Dropped", "82", "Proven")]
    [InlineData("Rejected", "83", "Proven")]
    [InlineData("Blocked", "82-83", "Proven")]
    [InlineData("Dropped", "82-83", "Escapes")]
    [InlineData("Blocked", "80-83", "Escapes")]
    [InlineData("delivered", "80", "Proven")]
    public void What_is_expected_is_any_end_that_a_packet_can_come_to(string expected, string ports, string verdict)
    {
        const string Rules = "*nat\n-A PREROUTING -p tcp -m tcp --dport 81 -j REDIRECT --to-ports 8080\nCOMMIT\n"
            + "*filter\n-A INPUT -p tcp -m tcp --dport 82 -j DROP\n-A INPUT -p tcp -m tcp --dport 83 -j REJECT --reject-with tcp-reset\nCOMMIT\n";

        Assert.Equal(verdict, Text(One($"ConvertFrom-IptablesSave $args[0] | Find-IptablesEscape Inbound tcp -Expect {expected} -Port {ports}", Rules), "Verdict"));
    }

    [Fact]
    public void Sent_is_what_leaves_unchanged()
    {
        Assert.Equal("Proven", Text(Find("Outbound tcp -Expect Sent -UserId 1337 -Destination 203.0.113.0/24"), "Verdict"));
        Assert.Equal("Proven", Text(Find("Forwarded udp -Expect Sent -Source 203.0.113.0/24"), "Verdict"));
    }

    [Fact]
    public void Without_an_expectation_the_answer_tells_what_becomes_of_the_packets_and_which_rule_lets_them_pass()
    {
        PSObject answer = Find("Inbound tcp -HostAddress 10.244.7.5");

        Assert.Equal("None", Text(answer, "Verdict"));
        PSObject passed = List(answer, "Met").Single(fate => Text(fate, "Outcome") == "Delivered");
        Assert.StartsWith("rule 1 of PREROUTING in table nat:", Text(passed, "Rule"), StringComparison.Ordinal);
    }

    [Fact]
    public void More_boxes_than_are_wanted_are_not_listed_and_the_answer_says_so()
    {
        PSObject answer = Find("Inbound -Expect Rejected -MaxBox 1");

        Assert.Equal((false, "Escapes"), (answer.Properties["IsComplete"].Value, Text(answer, "Verdict")));
        Assert.Equal(true, Find("Inbound -Expect Rejected").Properties["IsComplete"].Value);
    }

    [Fact]
    public void The_answers_are_about_every_interface_state_and_mark_that_was_asked_about()
    {
        PSObject answer = Find("Inbound tcp -HostAddress 10.0.0.5, net1=10.1.0.5 -State New, Established -Mark 0, 0x10 -ExceptSource 10.244.7.77");

        Assert.Equal(8, List(answer, "Met").Sum(fate => List(fate, "Circumstances").Length));
        Assert.Equal("eth0", One("$args[0].Met[0].Circumstances[0].InInterface", answer).ToString());
    }

    [Fact]
    public void The_question_can_be_looked_at_and_indexed()
    {
        PSObject answer = Find("Inbound tcp, udp -RedirectedTo 15006 -Port 80, 8000-8080 -Source 10.0.0.0/8");

        Assert.Equal("Inbound tcp,udp port 80,8000-8080 must be redirected to port 15006", Text(answer, "Query"));
        Assert.Equal("8000", One("\"$($args[0].Query.DestinationPorts[1].First)\"", answer).ToString());
        Assert.Equal("New", One("\"$($args[0].Query.States[0])\"", answer).ToString());
        Assert.Equal("udp", One("\"$($args[0].Query.Protocols[1])\"", answer).ToString());
    }

    [Fact]
    public void The_proxys_ids_can_be_indexed() => Assert.Equal(1338u,
        One("$args[0].Query.Proxy.Users[1]", Find("Outbound tcp -RedirectedTo 15001 -ProxyUserId 1337, 1338")).BaseObject);

    [Theory]
    [InlineData("Inbound -RedirectedTo http", "-RedirectedTo")]
    [InlineData("Inbound -Protocol x", "-Protocol")]
    [InlineData("Inbound -Destination 10.0.0.0/33", "-Destination")]
    [InlineData("Inbound -Destination 10.0.0.9-10.0.0.1", "-Destination")]
    [InlineData("Inbound -Destination 10.0.0.9-fd00::1", "-Destination")]
    [InlineData("Inbound -ExceptDestination x", "-ExceptDestination")]
    [InlineData("Inbound -Source 10.0.0.0/255.0.255.0", "-Source")]
    [InlineData("Inbound -ExceptSource ''", "-ExceptSource")]
    [InlineData("Inbound -Port 90-80", "-DestinationPort")]
    [InlineData("Inbound -ExceptPort 8080,http", "-ExceptDestinationPort")]
    [InlineData("Inbound -SourcePort 1-", "-SourcePort")]
    [InlineData("Outbound -UserId 9-1", "-UserId")]
    [InlineData("Outbound -ExceptUserId root", "-ExceptUserId")]
    [InlineData("Outbound -GroupId 4294967296", "-GroupId")]
    [InlineData("Outbound -ExceptGroupId x", "-ExceptGroupId")]
    [InlineData("Outbound -RedirectedTo 15001 -ProxyUserId istio-proxy", "-ProxyUserId")]
    [InlineData("Outbound -RedirectedTo 15001 -ProxyGroupId x", "-ProxyGroupId")]
    [InlineData("Inbound -Mark 5000000000", "-Mark")]
    [InlineData("Inbound -HostAddress x", "-HostAddress")]
    public void What_cannot_be_read_is_an_error_that_names_the_parameter(string question, string parameter)
    {
        ErrorRecord error = Fails($"ConvertFrom-IptablesSave $args[0] | Find-IptablesEscape {question}", Leaky);

        Assert.Equal("InvalidValue,IstioAdmin.Commands.FindIptablesEscapeCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.StartsWith(parameter + ":", error.ToString(), StringComparison.Ordinal);
    }

    private PSObject Find(string question) => One($"ConvertFrom-IptablesSave $args[0] | Find-IptablesEscape {question}", Leaky);
}
