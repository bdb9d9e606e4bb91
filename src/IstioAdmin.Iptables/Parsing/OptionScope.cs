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
    public static int End(ReadOnlySpan<char> text, int start)
    {
        var words = new WordReader(text, start);
        int end = start;
        int beforeNegation = -1;
        while (words.Next())
        {
            if (IsCore(words.Word) && !words.Quoted)
                return beforeNegation >= 0 ? beforeNegation : end;
            beforeNegation = words.Word is "!" && !words.Quoted ? end : -1;
            end = words.Position;
        }
        return end;
    }
}
