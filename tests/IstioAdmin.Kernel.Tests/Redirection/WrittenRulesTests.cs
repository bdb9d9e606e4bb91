using System.Diagnostics;
using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Printing;
using IstioAdmin.Iptables.Redirection;
using IstioAdmin.Iptables.Tests.Redirection;
using IstioAdmin.Testing;

namespace IstioAdmin.Kernel.Tests.Redirection;

/// <summary>The kernel takes the rules that are written for random settings, and iptables-save gives back the very text.</summary>
public sealed class WrittenRulesTests
{
    private const long Settings = 60;

    [Theory]
    [InlineData("iptables-nft", IpFamily.IPv4)]
    [InlineData("iptables-legacy", IpFamily.IPv4)]
    [InlineData("ip6tables-nft", IpFamily.IPv6)]
    [InlineData("ip6tables-legacy", IpFamily.IPv6)]
    public async Task What_is_written_is_what_iptables_save_prints_afterwards(string program, IpFamily family)
    {
        await Testbed.RequireKernelAsync();
        RandomSettings.Either.Sample(
            settings =>
            {
                string written = SavePrinter.Print(PodRedirectionRules.Write(settings, family));

                string saved = LoadAndSave(program, written);

                Assert.Equal(Tables(written, program), Tables(saved, program));
            },
            iter: Settings,
            threads: 2);
    }

    /// <summary>Tests and loads a text in a new network namespace, and dumps what is there then.</summary>
    private static string LoadAndSave(string program, string text)
    {
        // The legacy programs share one lock on the whole machine, so they are told to wait for it.
        string script = $"text=$(cat) && echo \"$text\" | {program}-restore -w 60 --test && echo \"$text\" | {program}-restore -w 60 && {program}-save";
        var start = new ProcessStartInfo("unshare", ["--net", "sh", "-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Write(text);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string saved = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{error.Result}\n{text}");
        return saved;
    }

    /// <summary>
    /// The tables without comments. The legacy programs print them in the order in which the kernel made them, so there they are put
    /// in order by name; everything within a table stays as it is.
    /// </summary>
    private static string Tables(string text, string program)
    {
        string rules = string.Join('\n', text.Split('\n').Where(line => line.Length > 0 && line[0] != '#'));
        IEnumerable<string> tables = rules.Split("COMMIT", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return string.Join('\n', program.EndsWith("legacy", StringComparison.Ordinal) ? tables.Order(StringComparer.Ordinal) : tables);
    }
}
