using System.Text;

namespace IstioAdmin.Sandbox.Nodes.Exec;

/// <summary>A line of shell that is one plain command.</summary>
internal static class ShellLine
{
    /// <summary>Its words, quotes taken off; null when it is more than one plain command, or has an expansion in it.</summary>
    public static IReadOnlyList<string>? Split(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool open = false;
        char quote = '\0';
        foreach (char one in line.Trim())
        {
            if (quote == '\0' && one is ' ' or '\t')
            {
                if (open)
                    words.Add(word.ToString());
                word.Clear();
                open = false;
            }
            else if (quote == '\0' && one is '\'' or '"')
            {
                (quote, open) = (one, true);
            }
            else if (quote != '\0' && one == quote)
            {
                quote = '\0';
            }
            else if ((quote != '\'' && one is '$' or '`' or '\\') || (quote == '\0' && one is ';' or '|' or '&' or '<' or '>' or '(' or ')' or '\n' or '*' or '?' or '#' or '{' or '!'))
            {
                return null;
            }
            else
            {
                word.Append(one);
                open = true;
            }
        }
        if (quote != '\0')
            return null;
        if (open)
            words.Add(word.ToString());
        return words.Count == 0 ? null : words;
    }
}
