using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Kernel.Tests.Examples;

/// <summary>One line of the examples that iptables tests its extensions with (extensions/*.t; iptables-test.py says how they are written).</summary>
/// <param name="File">The file.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Table">The table.</param>
/// <param name="Rules">The rule as a command of iptables-restore, once for each chain that the file names.</param>
internal sealed record ExtensionExample(string File, int Line, string Table, IReadOnlyList<string> Rules)
{
    /// <summary>
    /// The lines of a family's files, and of those for both families, that iptables takes in some variant. A file has lines of four kinds:
    /// <c>:CHAIN,CHAIN</c> and <c>*table</c> hold for what follows, <c>@command</c> and <c>%command</c> prepare the machine, and
    /// <c>rule;expected;OK</c> is an example.
    /// </summary>
    public static IEnumerable<ExtensionExample> Read(string directory, IpFamily family)
    {
        string own = family == IpFamily.IPv4 ? "libipt_" : "libip6t_";
        foreach (string path in Directory.EnumerateFiles(directory, "*.t").Order(StringComparer.Ordinal))
        {
            string file = Path.GetFileName(path);
            if (!file.StartsWith(own, StringComparison.Ordinal) && !file.StartsWith("libxt_", StringComparison.Ordinal) && file != "iptables.t")
                continue;
            string table = "filter";
            string[] chains = [];
            int number = 0;
            foreach (string line in System.IO.File.ReadLines(path))
            {
                number++;
                if (line.StartsWith(':'))
                    chains = line[1..].Trim().Split(',');
                else if (line.StartsWith('*'))
                    table = line[1..].Trim();
                else if (line.Split(';') is [var rule, _, var result, ..] && line[0] is not ('#' or '@' or '%') && result.Trim() != "FAIL")
                    yield return new ExtensionExample(file, number, table, [.. chains.Select(chain => $"-A {chain} {rule}")]);
            }
        }
    }

    public override string ToString() => $"{File}:{Line}: {string.Join(", ", Rules)}";
}
