using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Tracing;

public sealed class SemanticsTests
{
    private static PacketTracer Filter(params string[] rules) => new(Dump.Parse(Dump.WithRules(rules)), World.Pod);

    private static bool Passes(Packet packet, params string[] rules) => Filter(rules).Inbound(packet) is TraceOutcome.Delivered;

    [Fact]
    public void Return_goes_back_to_the_rule_after_the_jump() =>
        Assert.False(Passes(World.In(80), "-A INPUT -j USER", "-A INPUT -j DROP", "-A USER -j RETURN", "-A USER -j ACCEPT"));

    [Fact]
    public void The_end_of_a_chain_reached_by_goto_is_the_end_of_its_caller()
    {
        // INPUT goes to USER and USER ends: INPUT's policy decides, not INPUT's second rule.
        Assert.True(Passes(World.In(80), "-A INPUT -g USER", "-A INPUT -j DROP"));
        Assert.False(Passes(World.In(80), "-A INPUT -j USER", "-A INPUT -j DROP"));
    }

    [Fact]
    public void What_depends_on_an_unknown_match_is_undecided_unless_another_part_says_no()
    {
        Packet packet = World.In(80);

        var undecided = Assert.IsType<TraceOutcome.Undecided>(Filter("-A INPUT -m limit --limit 5/min -j DROP").Inbound(packet));
        Assert.Equal("-m limit --limit 5/min", undecided.Part);
        Assert.True(Passes(packet, "-A INPUT -p udp -m limit --limit 5/min -j DROP"));
        Assert.True(Passes(packet, "-A INPUT -m limit --limit 5/min -j LOG"));
    }

    [Theory]
    [InlineData("-m owner --uid-owner 0", false)]
    [InlineData("-m owner ! --uid-owner 0", true)]
    [InlineData("-m owner ! --uid-owner 0 --gid-owner 0", false)]
    [InlineData("-m owner ! --gid-owner 0 --suppl-groups", false)]
    [InlineData("-m owner --socket-exists", false)]
    [InlineData("-m owner ! --socket-exists", true)]
    public void A_packet_without_a_socket_fits_an_owner_match_only_when_every_option_is_negated(string match, bool fits) =>
        Assert.Equal(!fits, Passes(World.In(80), $"-A INPUT {match} -j DROP"));

    [Fact]
    public void Chains_that_call_each_other_end_undecided_and_not_never()
    {
        TraceOutcome outcome = Filter("-A INPUT -j USER", "-A USER -j USER").Inbound(World.In(80));

        Assert.Equal("-j USER", Assert.IsType<TraceOutcome.Undecided>(outcome).Part);
    }

    [Fact]
    public void Untracked_packets_see_no_nat()
    {
        Ruleset ruleset = Dump.Parse(
            "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 80 -j CT --notrack\nCOMMIT\n"
            + "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j REDIRECT --to-ports 15006\nCOMMIT\n");
        var tracer = new PacketTracer(ruleset, World.Pod);

        Assert.Equal(80, Assert.IsType<TraceOutcome.Delivered>(tracer.Inbound(World.In(80))).Port);
        Assert.Equal(15006, Assert.IsType<TraceOutcome.Delivered>(tracer.Inbound(World.In(81))).Port);
    }

    [Fact]
    public void Filter_sees_the_destination_that_nat_chose()
    {
        Ruleset ruleset = Dump.Parse(
            "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j REDIRECT --to-ports 15006\nCOMMIT\n"
            + "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 15006 -j DROP\nCOMMIT\n");

        Assert.IsType<TraceOutcome.Dropped>(new PacketTracer(ruleset, World.Pod).Inbound(World.In(80)));
    }

    [Fact]
    public void Nat_to_a_range_leaves_the_choice_to_the_kernel()
    {
        Ruleset ruleset = Dump.Parse(
            "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j REDIRECT --to-ports 100-200\nCOMMIT\n"
            + "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 1:99 -j DROP\n-A INPUT -p tcp -m tcp --dport 150 -j DROP\nCOMMIT\n");
        var tracer = new PacketTracer(ruleset, World.Pod);

        Assert.IsType<TraceOutcome.Undecided>(tracer.Inbound(World.In(80)));
        Assert.Equal(120, Assert.IsType<TraceOutcome.Delivered>(tracer.Inbound(World.In(120))).Port);
        Assert.IsType<TraceOutcome.Dropped>(tracer.Inbound(World.In(150)));
    }

    [Fact]
    public void Tproxy_hands_the_packet_to_its_socket_and_marks_it()
    {
        Ruleset ruleset = Dump.Parse("*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n"
            + "-A PREROUTING -p tcp -j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark 0x539/0xffffffff\n-A INPUT -m mark ! --mark 0x539 -j DROP\nCOMMIT\n");

        Assert.Equal(15006, Assert.IsType<TraceOutcome.Delivered>(new PacketTracer(ruleset, World.Pod).Inbound(World.In(80))).Port);
    }

    private static PacketTracer Nat(string rule, string rest = "", IpFamily family = IpFamily.IPv4) =>
        new(Dump.Parse($"*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n{rule}\nCOMMIT\n{rest}", family), World.Pod);

    private static Packet OutIPv6(string from, string to) =>
        new() { Family = IpFamily.IPv6, Source = World.Address(from), SourcePort = 40000, Destination = World.Address(to), DestinationPort = 80, Owner = World.App };

    [Fact]
    public void Nat_to_a_range_tells_all_that_the_kernel_may_choose()
    {
        PacketTracer tracer = Nat("-A OUTPUT -p tcp -j DNAT --to-destination 192.0.2.1-192.0.2.9:80-89");

        var sent = Assert.IsType<TraceOutcome.Sent>(tracer.Outbound(World.Out(World.App, "10.96.0.1", 443)));

        Assert.Equal((World.Address("192.0.2.1"), World.Address("192.0.2.9"), 80, 89), (sent.Address, sent.AddressLast, sent.Port, sent.PortLast));
    }

    [Fact]
    public void Nat_to_a_range_that_is_partly_this_hosts_is_undecided()
    {
        PacketTracer tracer = Nat("-A PREROUTING -p tcp -j DNAT --to-destination 10.244.7.4-10.244.7.5\n-A OUTPUT -p tcp -j DNAT --to-destination 10.244.7.4-10.244.7.5");

        Assert.IsType<TraceOutcome.Undecided>(tracer.Inbound(World.In(80)));
        Assert.IsType<TraceOutcome.Undecided>(tracer.Outbound(World.Out(World.App, "10.96.0.1", 80)));
    }

    [Fact]
    public void What_comes_from_a_loopback_address_does_not_leave_the_host_by_IPv4()
    {
        PacketTracer tracer = Nat(
            "-A OUTPUT -p tcp -j DNAT --to-destination 192.0.2.1",
            "*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -s 127.0.0.0/8 -j REJECT --reject-with icmp-port-unreachable\nCOMMIT\n");
        Packet packet = World.Out(World.App, "127.0.0.1", 80) with { Source = World.Address("127.0.0.1") };

        Assert.Equal("routing", Assert.IsType<TraceOutcome.Dropped>(tracer.Outbound(packet)).Table);
    }

    [Fact]
    public void What_comes_from_a_loopback_address_leaves_the_host_by_IPv6() =>
        Assert.IsType<TraceOutcome.Sent>(Nat("-A OUTPUT -p tcp -j DNAT --to-destination 2001:db8::1", family: IpFamily.IPv6).Outbound(OutIPv6("::1", "::1")));

    [Fact]
    public void Nothing_from_the_wire_reaches_the_loopback_address_of_IPv6()
    {
        Packet packet = OutIPv6("2001:db8::9", "fd00::5") with { Owner = null, InInterface = "eth0" };

        TraceOutcome outcome = Nat("-A PREROUTING -p tcp -j DNAT --to-destination ::1", family: IpFamily.IPv6).Inbound(packet);

        Assert.Equal("routing", Assert.IsType<TraceOutcome.Dropped>(outcome).Table);
    }

    [Theory]
    [InlineData("LOCAL,MULTICAST", "fd00::5", false)]
    [InlineData("LOCAL,MULTICAST", "ff02::1", false)]
    [InlineData("LOCAL,UNICAST", "fd00::5", true)]
    [InlineData("LOCAL,UNICAST", "2001:db8::1", false)]
    [InlineData("LOCAL", "fd00::5", true)]
    public void In_IPv6_an_address_must_be_of_the_routed_type_and_of_the_written_one(string types, string to, bool fits)
    {
        var tracer = new PacketTracer(Dump.Parse($"*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -m addrtype --dst-type {types} -j DROP\nCOMMIT\n", IpFamily.IPv6), World.Pod);

        Assert.Equal(fits, tracer.Outbound(OutIPv6("fd00::5", to)) is TraceOutcome.Dropped);
    }

    [Theory]
    [InlineData("--to-source 192.0.2.7", "-s 192.0.2.7/32", true)]
    [InlineData("--to-source 192.0.2.7", "-m conntrack --ctstate SNAT", true)]
    [InlineData("--to-source 10.244.7.5", "-m conntrack --ctstate SNAT", false)]
    [InlineData("--to-source 10.244.7.4-10.244.7.5:39000-41000", "-m conntrack --ctstate SNAT", false)]
    [InlineData("--to-source 10.244.7.5:1000-1010", "-p tcp -m tcp --sport 1000:1010", true)]
    [InlineData("--to-source 192.0.2.7", "-p tcp -m tcp --sport 40000", true)]
    public void What_comes_back_by_loopback_has_the_source_that_nat_chose(string snat, string match, bool fits)
    {
        PacketTracer tracer = Nat($"-A POSTROUTING -p tcp -o lo -j SNAT {snat}", $"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT {match} -j DROP\nCOMMIT\n");

        Assert.Equal(fits, tracer.Outbound(World.Out(World.App, "127.0.0.1", 80)) is TraceOutcome.Dropped);
    }

    [Theory]
    [InlineData("-s 10.244.7.5/32")]
    [InlineData("-m conntrack --ctstate SNAT")]
    public void Which_address_masquerading_chooses_on_loopback_cannot_be_told(string match)
    {
        PacketTracer tracer = Nat("-A POSTROUTING -o lo -j MASQUERADE", $"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT {match} -j DROP\nCOMMIT\n");

        Assert.IsType<TraceOutcome.Undecided>(tracer.Outbound(World.Out(World.App, "127.0.0.1", 80)));
    }

    [Theory]
    [InlineData("icmp-port-unreachable", "192.0.2.1", false)]
    [InlineData("icmp-port-unreachable", "10.244.7.5", true)]
    [InlineData("tcp-reset", "192.0.2.1", true)]
    public void Nobody_is_told_by_IPv4_when_what_tproxy_took_from_another_host_is_rejected(string with, string to, bool told)
    {
        Ruleset ruleset = Dump.Parse("*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark 0x539/0xffffffff\nCOMMIT\n"
            + $"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -j REJECT --reject-with {with}\nCOMMIT\n");

        TraceOutcome outcome = new PacketTracer(ruleset, World.Pod).Inbound(World.In(80, to));

        Assert.True(told ? outcome is TraceOutcome.Rejected : outcome is TraceOutcome.Dropped, outcome.ToString());
    }

    [Theory]
    [InlineData("-j DROP -m conntrack --ctstate NEW", true)]
    [InlineData("-j DROP -m conntrack --ctstate INVALID", false)]
    [InlineData("-j DROP -m connmark --mark 0x0", true)]
    [InlineData("-j CT --notrack", false)]
    public void For_later_rules_of_raw_a_packet_with_a_zone_is_that_of_a_new_connection(string rule, bool dropped)
    {
        Ruleset ruleset = Dump.Parse($"*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j CT --zone 1\n-A PREROUTING {rule}\nCOMMIT\n"
            + "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate UNTRACKED -j DROP\nCOMMIT\n");

        Assert.Equal(dropped, new PacketTracer(ruleset, World.Pod).Inbound(World.In(80)) is TraceOutcome.Dropped);
    }

    [Theory]
    [InlineData("-i eth0", true)]
    [InlineData("! -i eth0", false)]
    public void After_forwarding_a_packet_still_has_the_interface_by_which_it_came(string match, bool dropped)
    {
        Ruleset ruleset = Dump.Parse($"*mangle\n:POSTROUTING ACCEPT [0:0]\n:USER - [0:0]\n-A POSTROUTING -j USER\n-A USER {match} -j DROP\nCOMMIT\n");
        var router = new TraceHost(World.Pod.Interfaces, "eth0") { Forwards = true };

        Assert.Equal(dropped, new PacketTracer(ruleset, router).Inbound(World.In(80, "192.0.2.1")) is TraceOutcome.Dropped);
    }

    [Theory]
    [InlineData(IpFamily.IPv4, "10.244.7.5", "127.0.0.1")]
    [InlineData(IpFamily.IPv6, "fd00::5", "::1")]
    public void Tproxy_does_not_help_a_packet_to_the_loopback_address(IpFamily family, string to, string loopback)
    {
        string any = family == IpFamily.IPv4 ? "0.0.0.0" : "::";
        PacketTracer tracer = Nat(
            $"-A PREROUTING -p tcp -j DNAT --to-destination {loopback}",
            $"*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j TPROXY --on-port 15006 --on-ip {any} --tproxy-mark 0x539/0xffffffff\nCOMMIT\n",
            family);
        Packet packet = World.In(80, to) with { Family = family };

        Assert.Equal("routing", Assert.IsType<TraceOutcome.Dropped>(tracer.Inbound(packet)).Table);
    }

    [Theory]
    [InlineData("iptables-save v1.8.9 (legacy)", true)]
    [InlineData("iptables-save v1.8.9 (nf_tables)", false)]
    public void The_security_table_comes_before_source_NAT_in_one_back_end_and_after_it_in_the_other(string program, bool passes)
    {
        // The address that INPUT's nat gives the packet is the one that security drops.
        string dump = $"# Generated by {program} on Mon Nov 23 02:00:00 2026\n*nat\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -j SNAT --to-source 10.9.9.9\nCOMMIT\n"
            + "*security\n:INPUT ACCEPT [0:0]\n-A INPUT -s 10.9.9.9/32 -j DROP\nCOMMIT\n";
        var path = new List<TraceStep>();

        bool passed = new PacketTracer(Dump.Parse(dump), World.Pod).Inbound(World.In(80), path) is TraceOutcome.Delivered;

        Assert.Equal(passes, passed);
        string[] hooks = ["security", "nat"];
        Assert.Equal(passes ? hooks : hooks.Reverse(), path.Where(step => step.Hook == Hook.Input && step.Rule is not null).Select(step => step.Table));
    }

    [Theory]
    [InlineData("(legacy)", 80, 443, false)]
    [InlineData("(legacy)", 1, 2, true)]
    [InlineData("(nf_tables)", 1, 2, true)]
    [InlineData("(nf_tables)", 80, 443, false)]
    [InlineData("(nf_tables)", 80, 2, null)]
    [InlineData("(nf_tables)", 1, 443, null)]
    [InlineData("(legacy)", 80, 2, false)]
    public void Two_excluded_ports_are_in_doubt_where_iptables_may_have_joined_them(string backend, ushort from, ushort to, bool? drops)
    {
        string dump = $"# Generated by iptables-save v1.8.9 {backend} on Mon Nov 23 02:00:00 2026\n*filter\n:INPUT ACCEPT [0:0]\n"
            + "-A INPUT -p tcp -m tcp ! --sport 80 ! --dport 443 -j DROP\nCOMMIT\n";

        TraceOutcome outcome = new PacketTracer(Dump.Parse(dump), World.Pod).Inbound(World.In(to) with { SourcePort = from });

        Assert.Equal(drops switch { true => OutcomeKind.Dropped, false => OutcomeKind.Delivered, null => OutcomeKind.Undecided }, outcome.Kind);
    }
}
