namespace IstioAdmin.Module.Tests.Inspector;

/// <summary>The inspector in a process of its own: what it loads, and how its objects read at 120 columns.</summary>
public sealed class InspectorConsoleTests
{
    private const string Rules = "$rules = '*nat', '-A PREROUTING -s 10.244.7.77/32 -p tcp -m tcp --dport 8080 -j ACCEPT', '-A PREROUTING -p tcp -j REDIRECT --to-ports 15006', 'COMMIT' | ConvertFrom-IptablesSave;";

    [Fact]
    public async Task Nothing_of_a_cluster_is_loaded()
    {
        ConsoleRun run = await ConsoleRun.CommandAsync(
            $"{Rules} $null = $rules | ConvertTo-IptablesSave; $null = $rules | Trace-IptablesPacket Inbound; $null = New-PodRedirectionRule | Find-IptablesEscape Inbound; "
            + "[AppDomain]::CurrentDomain.GetAssemblies().GetName().Name | Where-Object { $_ -match '^(IstioAdmin|KubernetesClient|YamlDotNet|Google|Polly|Fractions)' }");

        Assert.Equal("", run.Error);
        Assert.Contains("IstioAdmin.Iptables", run.OutputLines);
        Assert.All(run.OutputLines, name => Assert.StartsWith("IstioAdmin", name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("$rules", "^IPv4   Unknown  +2 +0 nat \\(1 chains, 2 rules\\)$")]
    [InlineData("$rules.Tables[0]", "^nat +2 PREROUTING$")]
    [InlineData("$rules.Tables[0].Chains[0]", "^PREROUTING +Accept +-A PREROUTING -s 10.244.7.77/32 -p tcp")]
    [InlineData("$rules.Rules", "^ +3 True +-A PREROUTING -p tcp -j REDIRECT --to-ports 15006$")]
    [InlineData("$rules.Rules[0].Matches", "^SourceMatch +-s 10.244.7.77/32$")]
    [InlineData("$rules.Rules[1].Target", "^RedirectTarget +-j REDIRECT --to-ports 15006$")]
    [InlineData("($rules | Trace-IptablesPacket Inbound).Packet", "^SourceAddress +: 198.51.100.1$")]
    [InlineData("($rules | Trace-IptablesPacket Inbound).Rule", "^nat +PREROUTING +2 -A PREROUTING -p tcp -j REDIRECT --to-ports 15006$")]
    [InlineData("$rules | Trace-IptablesPacket Inbound", "^Verdict : redirected to 192.0.2.10:15006$")]
    [InlineData("($rules | Trace-IptablesPacket Inbound).Steps", "^yes +Prerouting +nat +PREROUTING +2 -A PREROUTING -p tcp")]
    [InlineData("$rules | Find-IptablesEscape Inbound tcp -RedirectedTo 15006", "^ +for example tcp 10.244.7.77:40000 to 192.0.2.10:8080 in by eth0$")]
    [InlineData("$rules | Find-IptablesEscape Inbound tcp -RedirectedTo 15006", "^Escapes  : Inbound tcp from 10.244.7.77 port 8080 is delivered as it was sent$")]
    [InlineData("$rules | Find-IptablesEscape Inbound tcp -RedirectedTo 15006", "^               let go by rule 1 of PREROUTING in table nat:$")]
    [InlineData("$rules | Find-IptablesEscape Inbound tcp -RedirectedTo 15006", "^               -A PREROUTING -s 10.244.7.77/32 -p tcp -m tcp --dport 8080 -j ACCEPT$")]
    [InlineData("($rules | Find-IptablesEscape Inbound tcp).Met", "^Redirected +port 15006 +")]
    [InlineData("New-PodRedirectionRule", "^IPv4 +")]
    public async Task Objects_read_well_at_120_columns(string command, string line)
    {
        ConsoleRun run = await ConsoleRun.CommandAsync($"{Rules} {command}");

        Assert.Equal("", run.Error);
        Assert.Contains(run.OutputLines, printed => System.Text.RegularExpressions.Regex.IsMatch(printed.TrimEnd(), line));
        Assert.All(run.OutputLines, printed => Assert.True(printed.Length <= 120, printed));
    }

    [Fact]
    public async Task An_answer_shows_what_is_missing_and_what_is_not_listed()
    {
        ConsoleRun run = await ConsoleRun.CommandAsync(
            "'*nat', '-A PREROUTING --no-such', '-A PREROUTING -p tcp -m tcp --dport 80 -j ACCEPT', 'COMMIT' | ConvertFrom-IptablesSave -ErrorAction Ignore | Find-IptablesEscape Inbound -Expect Dropped -MaxBox 1");

        Assert.Contains(run.OutputLines, line => line.StartsWith("Gaps ", StringComparison.Ordinal) && line.Contains("1 line", StringComparison.Ordinal));
        Assert.Contains(run.OutputLines, line => line.StartsWith("Note ", StringComparison.Ordinal) && line.Contains("-MaxBox", StringComparison.Ordinal));
    }
}
