using System.Management.Automation;

namespace IstioAdmin.Module.Tests.Inspector;

/// <summary>Trace-IptablesPacket as an administrator types it.</summary>
public sealed class TraceIptablesPacketTests : InspectorTest
{
    [Fact]
    public void A_call_to_the_pod_reaches_the_proxy_by_a_rule_that_is_named()
    {
        PSObject trace = Trace("Inbound tcp 8080 -HostAddress 10.244.7.5");

        Assert.Equal(("Redirected", "10.244.7.5", "15006"), (Text(trace, "Kind"), Text(trace, "Address"), Text(trace, "Port")));
        Assert.Equal("rule 2 of PREROUTING in table nat: -A PREROUTING -p tcp -j REDIRECT --to-ports 15006", Text(trace, "Rule"));
        Assert.Equal("redirected to 10.244.7.5:15006", Text(trace, "Verdict"));
    }

    [Fact]
    public void The_path_has_what_matched_and_the_full_path_what_was_tried()
    {
        PSObject trace = Trace("Inbound tcp 8080 -HostAddress 10.244.7.5");

        Assert.Equal([2, 0], List(trace, "Steps").Where(step => step.Properties["Matched"].Value is true).Select(step => step.Properties["Number"].Value));
        Assert.Equal(2, List(trace, "Path").Length);
        Assert.Equal(3, List(trace, "FullPath").Length);
        Assert.Matches("^Prerouting +nat +PREROUTING +2 +-A PREROUTING -p tcp -j REDIRECT --to-ports 15006$", One("$args[0].Path[0]", trace).ToString());
        Assert.Equal(1, One("$args[0].Steps[0].Number", trace).BaseObject);
    }

    [Fact]
    public void Who_calls_can_make_the_difference()
    {
        PSObject trace = Trace("Inbound tcp 8080 -HostAddress 10.244.7.5 -Source 10.244.7.77");

        Assert.Equal(("Delivered", "8080"), (Text(trace, "Kind"), Text(trace, "Port")));
    }

    [Theory]
    [InlineData("1000", "Redirected", "127.0.0.1", "15001")]
    [InlineData("1337", "Sent", "203.0.113.9", "443")]
    public void What_a_process_sends_goes_by_its_user(string user, string kind, string address, string port)
    {
        PSObject trace = Trace($"Outbound tcp 443 -Destination 203.0.113.9 -UserId {user}");

        Assert.Equal((kind, address, port), (Text(trace, "Kind"), Text(trace, "Address"), Text(trace, "Port")));
    }

    [Fact]
    public void A_packet_through_the_host_is_asked_of_the_chain_FORWARD()
    {
        const string Rules = "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -d 10.1.0.0/16 -j ACCEPT\nCOMMIT\n";

        Assert.Equal("Sent", Text(One("ConvertFrom-IptablesSave $args[0] | Trace-IptablesPacket Forwarded -Destination 10.1.2.3", Rules), "Kind"));
        PSObject dropped = One("ConvertFrom-IptablesSave $args[0] | Trace-IptablesPacket Forwarded -Destination 10.2.2.3", Rules);
        Assert.Equal(("Dropped", "", ""), (Text(dropped, "Kind"), Text(dropped, "Port"), Text(dropped, "Rule")));
        Assert.Contains("policy of FORWARD", Text(dropped, "Verdict"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-HostAddress net1=10.0.0.5", "net1")]
    [InlineData("-HostAddress net1=10.0.0.5, 10.9.9.9", "eth0")]
    [InlineData("-HostAddress net1=10.0.0.5, 10.9.9.9 -Interface net1", "net1")]
    [InlineData("-HostAddress lo=127.0.0.1, net1=10.0.0.5", "net1")]
    [InlineData("-HostAddress 10.0.0.5 -Interface net1", "net1")]
    [InlineData("-HostAddress net1=10.0.0.5, 10.9.9.9 -InInterface net1", "net1")]
    public void One_interface_alone_is_the_hosts_interface_to_the_world(string host, string expected)
    {
        PSObject trace = Trace($"Inbound tcp 80 {host}");

        Assert.EndsWith($"in by {expected}", Text(trace, "Packet"), StringComparison.Ordinal);
        Assert.Equal("Redirected", Text(trace, "Kind"));
        Assert.Equal($"sent as it is by {(expected == "net1" && host.Contains("-InInterface", StringComparison.Ordinal) ? "eth0" : expected)}, to 203.0.113.9:443",
            Text(Trace($"Outbound tcp 443 -Destination 203.0.113.9 -UserId 1337 {host.Split(" -InI")[0]}"), "Verdict"));
    }

    [Fact]
    public void An_address_of_the_loopback_interface_is_no_way_to_the_world()
    {
        PSObject trace = Trace("Inbound tcp 80 -HostAddress lo=10.0.0.5");

        Assert.Contains("to 192.0.2.10:80 in by eth0", Text(trace, "Packet"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_address_of_the_host_the_packets_own_is_taken()
    {
        Assert.Contains("to 10.3.3.3:80 in by eth0", Text(Trace("Inbound -Destination 10.3.3.3"), "Packet"), StringComparison.Ordinal);
        Assert.Contains("tcp 10.3.3.3:40000 to 10.4.4.4:80", Text(Trace("Outbound -Source 10.3.3.3 -Destination 10.4.4.4"), "Packet"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("IPv4", "icmp", "icmp 198.51.100.1 to 192.0.2.10 type 8/0 in by eth0")]
    [InlineData("IPv6", "icmp", "ipv6-icmp 2001:db8:ffff::1 to 2001:db8::a type 128/0 in by eth0")]
    [InlineData("IPv4", "ipv6-icmp", "icmp 198.51.100.1 to 192.0.2.10 type 8/0 in by eth0")]
    [InlineData("IPv6", "1", "icmp 2001:db8:ffff::1 to 2001:db8::a type 0/0 in by eth0")]
    public void Icmp_is_the_familys_own(string family, string protocol, string packet)
    {
        // Protocol 1 in IPv6 is what was asked for, whatever becomes of it.
        string text = Text(One($"New-PodRedirectionRule -Family {family} | Trace-IptablesPacket Inbound {protocol}"), "Packet");

        Assert.Equal(packet.Split(" type")[0], text.Split(" type")[0]);
        Assert.True(protocol == "1" || text == packet, text);
    }

    [Theory]
    [InlineData("Outbound", "DestinationMissing", "-Destination")]
    [InlineData("Forwarded", "DestinationMissing", "-Destination")]
    [InlineData("Inbound -Source fd00::1", "OtherFamily", "fd00::1")]
    [InlineData("Outbound -Destination fd00::1", "OtherFamily", "fd00::1")]
    [InlineData("Inbound -Destination nowhere", "InvalidValue", "-")]
    [InlineData("Inbound -Source 10.0.0.300", "InvalidValue", "-Source")]
    [InlineData("Inbound -HostAddress 10.0.0", "InvalidValue", "-HostAddress")]
    [InlineData("Inbound -HostAddress =10.0.0.1", "InvalidValue", "-HostAddress")]
    [InlineData("Inbound -HostAddress eth0=", "InvalidValue", "-HostAddress")]
    [InlineData("Inbound nosuch", "InvalidValue", "-Protocol")]
    [InlineData("Inbound ''", "InvalidValue", "-Protocol")]
    [InlineData("Inbound tcp 65536", "InvalidValue", "-DestinationPort")]
    [InlineData("Inbound tcp 80-90", "InvalidValue", "-DestinationPort")]
    [InlineData("Inbound -SourcePort http", "InvalidValue", "-SourcePort")]
    [InlineData("Inbound -Mark 0xZ", "InvalidValue", "-Mark")]
    [InlineData("Inbound -ConnectionMark x", "InvalidValue", "-ConnectionMark")]
    [InlineData("Outbound -Destination 10.0.0.1 -UserId root", "InvalidValue", "-UserId")]
    [InlineData("Outbound -Destination 10.0.0.1 -GroupId -1", "InvalidValue", "-GroupId")]
    [InlineData("Outbound -Destination 10.0.0.1 -SupplementaryGroupId x", "InvalidValue", "-SupplementaryGroupId")]
    public void What_cannot_be_read_is_an_error_that_names_the_parameter(string command, string id, string named)
    {
        ErrorRecord error = Fails($"ConvertFrom-IptablesSave $args[0] | Trace-IptablesPacket {command}", Leaky);

        Assert.Equal($"{id},IstioAdmin.Commands.TraceIptablesPacketCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.Contains(named, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_ruleset_of_the_other_family_does_not_keep_the_next_one_from_being_asked()
    {
        Testing.ScriptResult result = Shell.Run("New-PodRedirectionRule -Family IPv6, IPv4 | Trace-IptablesPacket Outbound -Destination 10.0.0.1");

        Assert.Equal("OtherFamily", Id(Assert.Single(result.Errors)));
        Assert.Equal("Redirected", Text(Assert.Single(result.Output), "Kind"));
    }

    [Fact]
    public void What_is_not_understood_is_not_known()
    {
        PSObject trace = One("ConvertFrom-IptablesSave $args[0] | Trace-IptablesPacket Inbound", Doubtful);

        Assert.Equal("Undecided", Text(trace, "Kind"));
        Assert.Contains("geoip", Text(trace, "Verdict"), StringComparison.Ordinal);
    }

    [Fact]
    public void Flags_state_and_marks_are_the_packets()
    {
        const string Rules = "*filter\n-A INPUT -p tcp -m tcp --tcp-flags SYN,ACK ACK -m conntrack --ctstate ESTABLISHED -m mark --mark 0x539 -m connmark --mark 0x2 -j DROP\nCOMMIT\n";

        Assert.Equal("Dropped", Text(One("ConvertFrom-IptablesSave $args[0] | Trace-IptablesPacket Inbound -TcpFlag Ack -State Established -Mark 1337 -ConnectionMark 0x2", Rules), "Kind"));
        Assert.Equal("Delivered", Text(One("ConvertFrom-IptablesSave $args[0] | Trace-IptablesPacket Inbound -TcpFlag Ack -State Established -Mark 1337", Rules), "Kind"));
    }

    [Fact]
    public void Protocols_complete() => Assert.Equal(["tcp"], Shell.Complete("Trace-IptablesPacket Inbound t"));

    private PSObject Trace(string parameters) => One($"ConvertFrom-IptablesSave $args[0] | Trace-IptablesPacket {parameters}", Leaky);
}
