using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests.Inspector;

/// <summary>New-PodRedirectionRule as an administrator types it.</summary>
public sealed class NewPodRedirectionRuleTests : InspectorTest
{
    [Fact]
    public void Todays_rules_are_proven_to_do_what_they_should()
    {
        Assert.Equal("Proven", Verdict("New-PodRedirectionRule", "Inbound tcp -RedirectedTo 15006 -ExceptPort 15008, 15020, 15021, 15090"));
        Assert.Equal("Proven", Verdict("New-PodRedirectionRule", "Outbound tcp -RedirectedTo 15001 -ProxyUserId 1337 -ProxyGroupId 1337 -ExceptPort 15020 -ExceptDestination 127.0.0.0/8, 192.0.2.10"));
        Assert.Equal("Escapes", Verdict("New-PodRedirectionRule -ExcludeInboundPort 9090", "Inbound tcp -RedirectedTo 15006 -ExceptPort 15008"));
    }

    [Fact]
    public void So_are_those_of_the_first_generation()
    {
        Assert.Equal("Proven", Verdict("New-PodRedirectionRule FirstGeneration -InboundPort 9080", "Inbound tcp -RedirectedTo 15001 -Port 9080"));
        Assert.Equal("Escapes", Verdict("New-PodRedirectionRule FirstGeneration", "Inbound tcp -RedirectedTo 15001 -Port 9080"));
    }

    [Theory]
    [InlineData("CniPlugin", "15020", true)]
    [InlineData("InitContainer", "15020", false)]
    public void Whose_defaults_hold_is_the_writers(string writer, string port, bool leftAlone) =>
        Assert.Equal(leftAlone, Lines($"(New-PodRedirectionRule -Writer {writer}).Rules.ForEach('ToString')").Contains($"-A ISTIO_OUTPUT -p tcp -m tcp --dport {port} -j RETURN"));

    [Fact]
    public void Both_families_are_two_rulesets()
    {
        Assert.Equal(["IPv4", "IPv6"], Lines("(New-PodRedirectionRule -Family IPv4, IPv6).ForEach({ \"$($_.Family)\" })"));
        Assert.Equal(["Proven", "Proven"], Lines("(New-PodRedirectionRule -Family IPv4, IPv6 | Find-IptablesEscape Inbound tcp -RedirectedTo 15006 -ExceptPort 15008, 15020, 15021, 15090).ForEach({ \"$($_.Verdict)\" })"));
        Assert.Single(Lines("New-PodRedirectionRule -Family IPv6, IPv6"));
    }

    [Fact]
    public void A_switch_that_is_false_is_not_the_same_as_none()
    {
        Assert.NotEmpty(Dns("-RedirectDns"));
        Assert.Empty(Dns("-RedirectDns -CaptureAllDns:$false"));
        Assert.All(Dns("-RedirectDns -CaptureAllDns:$false -DnsServer 10.96.0.10"), rule => Assert.Contains("-d 10.96.0.10/32", rule, StringComparison.Ordinal));
        Assert.Empty(Dns("-RedirectDns:$false"));

        string[] Dns(string parameters) => [.. Lines($"(New-PodRedirectionRule {parameters}).Rules.ForEach('ToString')").Where(rule => rule.EndsWith("--to-ports 15053", StringComparison.Ordinal))];
    }

    [Theory]
    [InlineData("-InboundPort http")]
    [InlineData("-ExcludeInboundPort 70000")]
    [InlineData("-OutboundPort *")]
    [InlineData("-ExcludeOutboundPort 9-8")]
    [InlineData("-OutboundIpRange nowhere")]
    [InlineData("-ExcludeOutboundIpRange 10.0.0.0/99")]
    [InlineData("-ProxyPort 0")]
    [InlineData("-InboundCapturePort 0")]
    [InlineData("-ProxyUserId istio-proxy")]
    [InlineData("-ProxyGroupId root")]
    [InlineData("-KubeVirtInterface 'a b'")]
    [InlineData("-ExcludeInterface abcdefghijklmnopqrstuvwxyz")]
    [InlineData("-DnsServer nobody -RedirectDns -CaptureAllDns:$false")]
    [InlineData("-OwnerGroupId staff")]
    [InlineData("-ExcludeOwnerGroupId staff")]
    [InlineData("-LoopbackCidr 10.0.0.0/8")]
    [InlineData("-DropInvalid -Generation FirstGeneration")]
    [InlineData("-RedirectDns -Generation FirstGeneration")]
    [InlineData("-CaptureAllDns -Generation FirstGeneration")]
    [InlineData("-OwnerGroupId 5 -Generation FirstGeneration")]
    [InlineData("-ExcludeInterface net1 -Generation FirstGeneration")]
    [InlineData("-InboundTunnelPort 9 -Generation FirstGeneration")]
    public void A_setting_that_cannot_be_used_is_an_error_that_names_the_parameter(string parameters)
    {
        ErrorRecord error = Fails($"New-PodRedirectionRule {parameters}");

        Assert.Equal("InvalidSetting,IstioAdmin.Commands.NewPodRedirectionRuleCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.StartsWith(parameters.Split(' ')[0] + ":", error.ToString(), StringComparison.Ordinal);
        Assert.NotNull(error.TargetObject);
    }

    [Theory]
    [InlineData("-ProxyPort http", "-ProxyPort")]
    [InlineData("-InboundTunnelPort 99999", "-InboundTunnelPort")]
    [InlineData("-TproxyMark x", "-TproxyMark")]
    public void So_is_a_number_that_is_none(string parameters, string parameter)
    {
        ErrorRecord error = Fails($"New-PodRedirectionRule {parameters}");

        Assert.Equal("InvalidValue", Id(error));
        Assert.StartsWith(parameter + ":", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Advice_names_parameters()
    {
        Assert.Contains("-CaptureAllDns", Fails("New-PodRedirectionRule -DnsServer nobody").ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("-ExcludeOwnerGroupId", Fails("New-PodRedirectionRule -OwnerGroupId (1..65)").ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("-Generation", Fails("New-PodRedirectionRule FirstGeneration -DropInvalid").ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_setting_of_the_first_generation_alone_is_warned_about_today()
    {
        ScriptResult result = Shell.Run("New-PodRedirectionRule -EnableInboundIPv6").ThrowIfFailed();

        Assert.Contains("-EnableInboundIPv6", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.Single(result.Output);
    }

    [Fact]
    public void Inbound_IPv6_is_rejected_by_the_first_generation_unless_it_is_enabled()
    {
        Assert.Equal("Rejected", Lines("\"$((New-PodRedirectionRule FirstGeneration -Family IPv6 | Trace-IptablesPacket Inbound).Kind)\"").Single());
        Assert.Equal("Delivered", Lines("\"$((New-PodRedirectionRule FirstGeneration -Family IPv6 -EnableInboundIPv6 | Trace-IptablesPacket Inbound).Kind)\"").Single());
    }

    private string Verdict(string rules, string question) => Text(One($"{rules} | Find-IptablesEscape {question}"), "Verdict");
}
