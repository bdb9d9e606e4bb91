using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Parsing;

/// <summary>Reads what <c>ipset save</c> prints (ipset(8)): a line <c>create</c> for each set and a line <c>add</c> for each element.</summary>
public static class IpsetSave
{
    private static readonly char[] Blanks = [' ', '\t', '\r'];

    /// <summary>Reads sets.</summary>
    /// <param name="text">The text.</param>
    /// <param name="errors">The lines that could not be read; when there are any, no set is relied on.</param>
    public static IReadOnlyList<IpSet> Parse(string text, out IReadOnlyList<SyntaxError> errors)
    {
        var sets = new Dictionary<string, (IpSet Set, List<string> Elements)>(StringComparer.Ordinal);
        var problems = new List<SyntaxError>();
        int line = 0;
        foreach (string row in text.Split('\n'))
        {
            line++;
            string[] words = row.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0].StartsWith('#'))
                continue;
            if (words is ["create" or "-N", var name, var type, .. var options] && !sets.ContainsKey(name))
                sets.Add(name, (Create(name, type, options), []));
            else if (words is ["add" or "-A", var to, var element, .. var flags] && sets.TryGetValue(to, out (IpSet Set, List<string> Elements) known))
                sets[to] = (Add(known.Set, flags), Append(known.Elements, element));
            else
                problems.Add(new SyntaxError(line, 1, words[0][..Math.Min(words[0].Length, 100)], "not a line of ipset save, or about a set that was not created before"));
        }
        errors = problems;
        string? doubt = problems.Count > 0 ? "some lines could not be read" : null;
        return sets.Values.Select(pair => pair.Set with { Elements = pair.Elements, Doubt = pair.Set.Doubt ?? doubt }).ToArray();
    }

    private static IpSet Create(string name, string type, string[] options)
    {
        int family = Array.IndexOf(options, "family");
        return new IpSet
        {
            Name = name,
            Type = type,
            Family = family >= 0 && family + 1 < options.Length && options[family + 1] == "inet6" ? IpFamily.IPv6 : IpFamily.IPv4,
            Doubt = options.Contains("timeout") ? "its elements come and go by timeouts"
                : options.Contains("netmask") || options.Contains("bitmask") || options.Contains("markmask") ? "it compares with a mask" : null,
        };
    }

    private static IpSet Add(IpSet set, string[] flags) => flags.Contains("nomatch") ? set with { Doubt = set.Doubt ?? "it has exceptions" }
        : flags.Contains("timeout") ? set with { Doubt = set.Doubt ?? "its elements come and go by timeouts" } : set;

    private static List<string> Append(List<string> elements, string element)
    {
        elements.Add(element);
        return elements;
    }
}
