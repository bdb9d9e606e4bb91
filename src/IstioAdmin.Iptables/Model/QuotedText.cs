using System.Buffers;
using System.Text;

namespace IstioAdmin.Iptables.Model;

/// <summary>Quoting as <c>xtables_save_string</c> (iptables, libxtables/xtables.c) does it.</summary>
public static class QuotedText
{
    private static readonly SearchValues<char> Plain = SearchValues.Create("_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>Appends a value, in double quotes unless it consists of letters, digits, <c>_</c> and <c>-</c>.</summary>
    public static void Append(StringBuilder text, string value)
    {
        if (value.Length > 0 && !value.AsSpan().ContainsAnyExcept(Plain))
        {
            text.Append(value);
            return;
        }
        text.Append('"');
        foreach (char c in value)
        {
            if (c is '"' or '\\' or '\'')
                text.Append('\\');
            text.Append(c);
        }
        text.Append('"');
    }
}
