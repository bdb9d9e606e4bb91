using System.Text;
using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Printing;

namespace IstioAdmin.Iptables.Tests.Parsing;

public sealed class MutationTests
{
    private static readonly string Seed =
        Dump.Read("istio-cni-1.1-annotated.save") + Dump.WithRules([.. RoundTripTests.UnderstoodIPv4.Select(row => "-A INPUT " + row.Data), .. RoundTripTests.KeptWordForWord.Select(row => "-A USER " + row.Data)]);

    private static readonly string[] Inserts = [" ", "!", "-", "\"", "\\", "*", ":", "[", "\n", "\r", "/", ",", "-m ", "-j ", "99999999999", "\0", "é"];

    private static readonly Gen<string> Mutated =
        from edits in Gen.Select(Gen.Int[0, Seed.Length - 1], Gen.Int[0, 3], Gen.Int[0, Inserts.Length - 1]).Array[1, 12]
        select Mutate(edits);

    private static string Mutate((int At, int Cut, int Insert)[] edits)
    {
        var text = new StringBuilder(Seed);
        foreach ((int at, int cut, int insert) in edits)
        {
            int start = Math.Min(at, text.Length);
            text.Remove(start, Math.Min(cut, text.Length - start)).Insert(start, Inserts[insert]);
        }
        return text.ToString();
    }

    [Fact]
    public void Damaged_dumps_never_throw_and_what_was_read_reads_the_same_again() =>
        Mutated.Sample(
            text =>
            {
                ParseResult first = IptablesSave.Parse(text);
                foreach (Ruleset ruleset in first.Rulesets)
                {
                    string printed = SavePrinter.Print(ruleset);
                    ParseResult second = IptablesSave.Parse(printed, new ParseOptions { Family = ruleset.Family });
                    Assert.Equal(printed, second.Rulesets.Count == 0 ? "" : SavePrinter.Print(second.Rulesets.Single()));
                }
            },
            iter: 5_000);
}
