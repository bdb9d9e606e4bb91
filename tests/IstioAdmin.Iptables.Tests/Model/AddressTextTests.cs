using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Tests.Model;

/// <summary>ip6tables-save prints addresses with the C library's inet_ntop, whose choice of the dotted form is its own.</summary>
public sealed class AddressTextTests
{
    [Theory]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::6")]
    [InlineData("::0.1.0.0")]
    [InlineData("::127.0.0.53")]
    [InlineData("::ffff:0.0.0.0")]
    [InlineData("::ffff:1.2.3.4")]
    [InlineData("::ffff:0:102:304")]
    [InlineData("fe80::5efe:a00:1")]
    [InlineData("::5efe:a00:1")]
    [InlineData("64:ff9b::102:304")]
    [InlineData("1::")]
    [InlineData("0:0:1::")]
    [InlineData("1:0:0:2::3")]
    [InlineData("1::2:0:0:3:4")]
    [InlineData("1:0:2:3:4:5:6:7")]
    public void An_IPv6_address_is_printed_as_inet_ntop_prints_it(string text)
    {
        Assert.True(AddressPattern.TryParse(text + "/128", IpFamily.IPv6, out AddressPattern pattern));

        Assert.Equal(text + "/128", pattern.ToString());
    }
}
