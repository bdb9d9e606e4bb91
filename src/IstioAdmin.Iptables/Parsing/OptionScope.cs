namespace IstioAdmin.Iptables.Parsing;

/// <summary>Finds where the options of one <c>-m</c> or <c>-j</c> end.</summary>
internal static class OptionScope
{
    /// <summary>Whether a word is one of iptables' own options, which ends the options of an extension.</summary>
    public static bool IsCore(ReadOnlySpan<char> word) => word is ['-', ..] && word switch
    {
        "-m" or "-j" or "-g" or "-s" or "-d" or "-i" or "-o" or "-p" or "-f" or "-c" => true,
        "--match" or "--jump" or "--goto" or "--source" or "--src" or "--destination" or "--dst" => true,
        "--in-interface" or "--out-interface" or "--protocol" or "--proto" or "--fragment" or "--set-counters" => true,
        _ => false,
    };

    /// <summary>The end of the last word before the next core option; a <c>!</c> before that option belongs to it.</summary>
    /// <param name="text">The line.</param>
    /// <param name="start">Where the options start.</param>
    /// <param name="extension">The match or target whose options they are.</param>
    /// <param name="unclosed">Where a word starts whose closing quote is missing, or -1.</param>
    public static int End(ReadOnlySpan<char> text, int start, ReadOnlySpan<char> extension, out int unclosed)
    {
        unclosed = -1;
        // The one extension with an option that is also a long form of a core one (libxt_policy.c).
        bool isPolicy = extension is "policy";
        var words = new WordReader(text, start);
        int end = start;
        int beforeNegation = -1;
        while (words.Next())
        {
            if (!words.Quoted && IsCore(words.Word) && !(isPolicy && words.Word is "--proto"))
                return beforeNegation >= 0 ? beforeNegation : end;
            beforeNegation = !words.Quoted && words.Word is "!" ? end : -1;
            end = words.Position;
            if (words.Unclosed)
                unclosed = words.Start;
        }
        return end;
    }
}
