using System.Diagnostics;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Printing;
using IstioAdmin.Testing;

namespace IstioAdmin.Kernel.Tests.Acceptance;

/// <summary>What we print, iptables takes.</summary>
public sealed class RestoreTests
{
    [Theory]
    [InlineData("iptables-nft-restore")]
    [InlineData("iptables-legacy-restore", "-w", "60")]
    public async Task What_is_printed_is_accepted(string program, params string[] wait)
    {
        await Testbed.RequireKernelAsync();
        const string Dump = "*nat\n:PREROUTING ACCEPT [0:0]\n:ISTIO_INBOUND - [0:0]\n-A PREROUTING -p tcp -j ISTIO_INBOUND\n-A ISTIO_INBOUND -p tcp -m tcp --dport 9080 -j REDIRECT --to-ports 15006\nCOMMIT\n";
        Ruleset ruleset = Assert.Single(IptablesSave.Parse(Dump, new ParseOptions { Family = IpFamily.IPv4 }).Rulesets);
        var start = new ProcessStartInfo("unshare", ["--net", program, "--test", .. wait]) { RedirectStandardInput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(SavePrinter.Print(ruleset));
        process.StandardInput.Close();
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, error);
    }
}
