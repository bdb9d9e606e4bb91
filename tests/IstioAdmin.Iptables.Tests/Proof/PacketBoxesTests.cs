using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Proof;

public sealed class PacketBoxesTests
{
    [Theory]
    [InlineData("22", "22-22")]
    [InlineData("22,9443", "9443-9443 22-22")]
    [InlineData("!80", "0-79 81-65535")]
    [InlineData("1024-65535", "1024-65535")]
    [InlineData("!22,443", "0-21 23-442 444-65535")]
    [InlineData("any", "0-80 81-65535")]
    [InlineData("any", "0-65535 7-9 65535-65535")]
    public void Ports_are_written_as_short_as_they_go(string expected, string intervals) =>
        Assert.Equal(expected, Values(PacketField.DestinationPort, intervals).ToString());

    [Theory]
    [InlineData("10.0.0.0/8", "167772160-184549375")]
    [InlineData("10.0.0.0/8,192.0.2.1", "167772160-184549375 3221225985-3221225985")]
    [InlineData("!127.0.0.0/8", "0-2130706431 2147483648-4294967295")]
    [InlineData("any", "0-4294967295")]
    [InlineData("10.0.0.1-10.0.0.14", "167772161-167772174")]
    public void Addresses_are_written_as_prefixes_where_that_is_short(string expected, string intervals) =>
        Assert.Equal(expected, Values(PacketField.Destination, intervals).ToString());

    [Fact]
    public void The_complement_of_the_complement_is_the_set() =>
        Gen.Select(Gen.Int[0, 300], Gen.Int[0, 300]).Array[0, 8].Sample(pairs =>
        {
            ValueSet set = ValueSet.Of(PacketField.DestinationPort, IpFamily.IPv4, pairs.Select(p => new Interval((UInt128)p.Item1, (UInt128)p.Item2)));
            Assert.Equal(set, set.Complement().Complement());
            for (UInt128 port = 0; port < 400; port++)
                Assert.True(set.Contains(port) ^ set.Complement().Contains(port));
            Assert.All(set.Intervals.Zip(set.Intervals.Skip(1)), pair => Assert.True(pair.First.Last + 1 < pair.Second.First));
        }, iter: 300);

    [Fact]
    public void Boxes_are_disjoint_and_hold_exactly_the_set() =>
        Gen.Select(RandomWorld.Dump(IpFamily.IPv4), RandomWorld.Packet(IpFamily.IPv4, outbound: true).Array[60]).Sample((dump, packets) =>
        {
            foreach (ProvenOutcome outcome in new RulesetProver(Dump.Parse(dump), Tracing.World.Pod).Prove(new PacketQuery()))
            {
                IReadOnlyList<PacketBox> boxes = PacketBoxes.Of(outcome.Packets, int.MaxValue, out bool complete);
                Assert.True(complete);
                Assert.True(boxes.Count <= outcome.Packets.Boxes().Count);
                foreach (Packet packet in packets)
                {
                    UInt128[] values = PacketValues.Of(packet);
                    Assert.Equal(outcome.Packets.Contains(values) ? 1 : 0, boxes.Count(box => box.Contains(values)));
                }
            }
        }, iter: 60);

    [Fact]
    public void Boxes_that_differ_in_one_field_are_one()
    {
        var space = new PacketSpace(IpFamily.IPv4);
        PacketSet set = space.None;
        foreach (int port in new[] { 80, 443, 8080 })
        {
            foreach (uint user in new uint[] { 1, 2, 7 })
                set = set.Or(space.Where(PacketField.DestinationPort, (UInt128)port, (UInt128)port).And(space.Where(PacketField.User, user, user)));
        }
        Assert.Equal("port 80,443,8080 uid 1-2,7", Assert.Single(PacketBoxes.Of(set, 100, out _)).ToString());
    }

    [Fact]
    public void Showing_only_some_says_so()
    {
        var space = new PacketSpace(IpFamily.IPv4);
        PacketSet set = space.None;
        for (uint i = 1; i < 50; i++)
            set = set.Or(space.Where(PacketField.DestinationPort, i, i).And(space.Where(PacketField.User, i, i)));
        Assert.Equal(10, PacketBoxes.Of(set, 10, out bool complete).Count);
        Assert.False(complete);
        Assert.Equal(49, PacketBoxes.Of(set, 49, out complete).Count);
        Assert.True(complete);
    }

    private static ValueSet Values(PacketField field, string intervals) => ValueSet.Of(field, IpFamily.IPv4, intervals.Split(' ').Select(text =>
    {
        string[] ends = text.Split('-');
        return new Interval(UInt128.Parse(ends[0], null), UInt128.Parse(ends[1], null));
    }));
}
