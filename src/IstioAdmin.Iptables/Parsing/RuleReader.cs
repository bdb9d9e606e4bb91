using System.Globalization;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;
using IstioAdmin.Iptables.Model.Targets;

namespace IstioAdmin.Iptables.Parsing;

/// <summary>Reads the conditions and the target of one rule: everything after the chain's name.</summary>
internal sealed class RuleReader
{
    // Nobody lists more addresses in one rule by hand; without a bound a line of a megabyte would stand for billions of rules.
    private const int MostRules = 4096;

    private const string UnclosedQuote = "a quote is not closed";
    private const string StrayNegation = "'!' must stand before an option";

    private readonly IpFamily _family;
    private readonly SliceCache<Match> _matchCache;
    private readonly SliceCache<Target> _targetCache;
    private readonly List<Match> _matches = [];
    private readonly List<Match> _sources = [];
    private readonly List<Match> _destinations = [];
    private TableBuilder _table = null!;
    private int _lineStart;
    private IpProtocol _protocol;
    private Target? _target;
    private RuleCounters? _counters;

    /// <param name="family">Family of the rules.</param>
    /// <param name="text">The text that all lines are of.</param>
    public RuleReader(IpFamily family, string text)
    {
        _family = family;
        _matchCache = new SliceCache<Match>(text);
        _targetCache = new SliceCache<Target>(text);
    }

    /// <summary>Where the last error is in the line, when <see cref="Read"/> gave one.</summary>
    public (int Start, string Word) Place { get; private set; }

    /// <summary>
    /// Reads a rule and adds it to <paramref name="rules"/>: several of them when <c>-s</c> or <c>-d</c> lists several addresses.
    /// Returns what is wrong with it, or null.
    /// </summary>
    /// <param name="table">The table it is for.</param>
    /// <param name="chain">The chain it is for.</param>
    /// <param name="line">The line.</param>
    /// <param name="place">Where in the text the line starts, where in the line the rule starts, and the line's number.</param>
    /// <param name="counters">Counters that stood before the command.</param>
    /// <param name="rules">Where the rules go.</param>
    public string? Read(TableBuilder table, string chain, ReadOnlySpan<char> line, (int LineStart, int Start, int Number) place, RuleCounters? counters, List<Rule> rules)
    {
        _matches.Clear();
        _sources.Clear();
        _destinations.Clear();
        _protocol = IpProtocol.All;
        _target = null;
        _counters = counters;
        _table = table;
        _lineStart = place.LineStart;
        if (ReadParts(line, place.Start) is { } problem)
            return problem;
        if (_sources.Count <= 1 && _destinations.Count <= 1)
        {
            rules.Add(new Rule { Chain = chain, Matches = [.. _sources, .. _destinations, .. _matches], Target = _target, Counters = _counters, Line = place.Number });
            return null;
        }
        if ((_sources.Count > 1 && _sources.Any(s => s is SourceMatch { Address.Negated: true }))
            || (_destinations.Count > 1 && _destinations.Any(d => d is DestinationMatch { Address.Negated: true })))
        {
            return Fail(place.Start, default, "'!' cannot stand before several addresses");
        }
        if ((long)Math.Max(1, _sources.Count) * Math.Max(1, _destinations.Count) > MostRules)
            return Fail(place.Start, default, $"the addresses stand for more than {MostRules} rules");
        // iptables makes one rule for each pair (xshared.c, addresses are the cross product).
        foreach (Match? source in _sources.DefaultIfEmpty())
        {
            foreach (Match? destination in _destinations.DefaultIfEmpty())
            {
                var matches = new List<Match>(_matches.Count + 2);
                if (source is not null)
                    matches.Add(source);
                if (destination is not null)
                    matches.Add(destination);
                matches.AddRange(_matches);
                rules.Add(new Rule { Chain = chain, Matches = matches, Target = _target, Counters = _counters, Line = place.Number });
            }
        }
        return null;
    }

    private string? ReadParts(ReadOnlySpan<char> text, int start)
    {
        var words = new WordReader(text, start);
        int negation = -1;
        while (words.Next())
        {
            ReadOnlySpan<char> option = words.Word;
            if (words.Unclosed)
                return Fail(words.Start, option, UnclosedQuote);
            if (option is "!" && !words.Quoted)
            {
                if (negation >= 0)
                    return Fail(words.Start, option, StrayNegation);
                negation = words.Start;
                continue;
            }
            // What is negated includes the '!', and so is remembered as something else.
            var part = new Part(negation >= 0 ? negation : words.Start, negation >= 0);
            string? problem = option switch
            {
                "-s" or "--source" or "--src" => ReadAddresses(ref words, part, source: true),
                "-d" or "--destination" or "--dst" => ReadAddresses(ref words, part, source: false),
                "-i" or "--in-interface" => ReadInterface(ref words, part, incoming: true),
                "-o" or "--out-interface" => ReadInterface(ref words, part, incoming: false),
                "-p" or "--protocol" or "--proto" => ReadProtocol(ref words, part),
                "-f" or "--fragment" => Add(new FragmentMatch(part.Negated)),
                "-m" or "--match" => ReadMatch(text, ref words),
                "-j" or "--jump" => ReadTarget(text, ref words),
                "-g" or "--goto" => ReadGoto(ref words),
                "-c" or "--set-counters" => ReadCounters(ref words),
                _ => ReadImplicit(text, ref words, part),
            };
            if (problem is not null)
                return problem;
            negation = -1;
        }
        return negation >= 0 ? Fail(words.Start, default, StrayNegation) : null;
    }

    private string? Add(Match match)
    {
        _matches.Add(match);
        return null;
    }

    /// <summary>What the part was read as when it was seen before; the caller fills it in otherwise.</summary>
    private ref Match? Known(in WordReader words, Part part) => ref _matchCache[_lineStart + part.Start, words.Position - part.Start];

    private string? ReadAddresses(ref WordReader words, Part part, bool source)
    {
        if (!words.Next())
            return Fail(words.Start, default, "an address is missing");
        List<Match> addresses = source ? _sources : _destinations;
        ReadOnlySpan<char> list = words.Word;
        ref Match? known = ref Known(words, part);
        if (known is not null)
        {
            addresses.Add(known);
            return null;
        }
        if (AddressPattern.TryParse(list, _family, out AddressPattern only))
        {
            known = Address(only, part.Negated, source);
            addresses.Add(known);
            return null;
        }
        while (true)
        {
            int comma = list.IndexOf(',');
            ReadOnlySpan<char> word = comma < 0 ? list : list[..comma];
            if (!AddressPattern.TryParse(word, _family, out AddressPattern address))
                return Fail(words.Start, word, $"not an {(_family == IpFamily.IPv4 ? "IPv4" : "IPv6")} address, prefix or mask");
            addresses.Add(Address(address, part.Negated, source));
            if (comma < 0)
                return null;
            list = list[(comma + 1)..];
        }
    }

    private static Match Address(AddressPattern address, bool negated, bool source) =>
        source ? new SourceMatch(new(address, negated)) : new DestinationMatch(new(address, negated));

    private string? ReadInterface(ref WordReader words, Part part, bool incoming)
    {
        if (!words.Next())
            return Fail(words.Start, default, "an interface name is missing");
        if (words.Quoted || words.Word.Length > InterfacePattern.MaxLength)
            return Fail(words.Start, words.Word, $"not an interface name (1 to {InterfacePattern.MaxLength} characters, no quotes)");
        ref Match? known = ref Known(words, part);
        if (known is null)
        {
            var pattern = new Negatable<InterfacePattern>(new InterfacePattern(words.Word.ToString()), part.Negated);
            known = incoming ? new InInterfaceMatch(pattern) : new OutInterfaceMatch(pattern);
        }
        return Add(known);
    }

    private string? ReadProtocol(ref WordReader words, Part part)
    {
        if (!words.Next())
            return Fail(words.Start, default, "a protocol is missing");
        ref Match? known = ref Known(words, part);
        if (known is null)
        {
            if (!IpProtocol.TryParse(words.Word, out IpProtocol protocol))
                return Fail(words.Start, words.Word, "not a protocol");
            if (protocol == IpProtocol.All)
                return part.Negated ? Fail(words.Start, words.Word, "a rule that no protocol fits would never match") : null;
            known = new ProtocolMatch(new(protocol, part.Negated)) { Written = protocol.HasFixedName ? null : words.Word.ToString() };
        }
        if (!part.Negated)
            _protocol = ((ProtocolMatch)known).Protocol.Value;
        return Add(known);
    }

    private string? ReadMatch(ReadOnlySpan<char> text, ref WordReader words)
    {
        int start = words.Start;
        if (!words.Next())
            return Fail(start, default, "the name of a match is missing");
        ReadOnlySpan<char> extension = words.Word;
        int options = words.Position;
        if (SkipOptions(text, ref words, options, extension) is { } problem)
            return problem;
        int end = words.Position;
        ref Match? known = ref Known(words, new Part(start, false));
        known ??= MatchGrammar.Read(extension, text[options..end], _family) ?? new UnknownMatch(text[start..end].ToString());
        return Add(known);
    }

    /// <summary>Moves to the end of an extension's options, which start where the given position says.</summary>
    private string? SkipOptions(ReadOnlySpan<char> text, ref WordReader words, int start, ReadOnlySpan<char> extension)
    {
        int unclosed = words.Unclosed ? words.Start : -1;
        int end = unclosed >= 0 ? words.Position : OptionScope.End(text, start, extension, out unclosed);
        words.Position = end;
        // Kept with the extension's words, either would reach into what is printed behind them.
        if (unclosed >= 0)
            return Fail(unclosed, text[unclosed..end], UnclosedQuote);
        return text[..end] is [.., ' ' or '\t' or '\r', '!'] ? Fail(end - 1, "!", StrayNegation) : null;
    }

    private string? ReadImplicit(ReadOnlySpan<char> text, ref WordReader words, Part part)
    {
        ReadOnlySpan<char> option = words.Word;
        if (!option.StartsWith("-", StringComparison.Ordinal))
            return Fail(words.Start, option, "an option was expected");
        if (MatchGrammar.Implicit(_protocol) is not { } extension)
            return Fail(words.Start, option, "not an option of iptables, and no match is named that could take it");
        if (SkipOptions(text, ref words, part.Start, extension) is { } problem)
            return problem;
        ReadOnlySpan<char> slice = text[part.Start..words.Position];
        return Add(MatchGrammar.Read(extension, slice, _family) ?? new UnknownMatch($"-m {extension} {slice}"));
    }

    private string? ReadTarget(ReadOnlySpan<char> text, ref WordReader words)
    {
        int start = words.Start;
        if (_target is not null)
            return Fail(start, words.Word, "a rule has one target");
        if (!words.Next())
            return Fail(start, default, "the target is missing");
        ReadOnlySpan<char> name = words.Word;
        int options = words.Position;
        bool quoted = words.Quoted;
        if (SkipOptions(text, ref words, options, name) is { } problem)
            return problem;
        int end = words.Position;
        // A user chain shadows an extension of the same name, as in the kernel. It takes no options: with some it is kept as unknown.
        if (!quoted && options == end && _table.Find(name) is { Policy: null } chain)
        {
            _target = chain.Jump;
            return null;
        }
        ref Target? known = ref _targetCache[_lineStart + start, end - start];
        known ??= TargetGrammar.Read(name, text[options..end], _family) ?? new UnknownTarget(text[start..end].ToString());
        _target = known;
        return null;
    }

    private string? ReadGoto(ref WordReader words)
    {
        if (_target is not null)
            return Fail(words.Start, words.Word, "a rule has one target");
        if (!words.Next())
            return Fail(words.Start, default, "the chain is missing");
        if (words.Quoted)
            return Fail(words.Start, words.Word, "not a chain's name");
        _target = new GotoTarget(words.Word.ToString());
        return null;
    }

    private string? ReadCounters(ref WordReader words)
    {
        if (words.Next() && ulong.TryParse(words.Word, NumberStyles.None, CultureInfo.InvariantCulture, out ulong packets)
            && words.Next() && ulong.TryParse(words.Word, NumberStyles.None, CultureInfo.InvariantCulture, out ulong bytes))
        {
            _counters = new RuleCounters(packets, bytes);
            return null;
        }
        return Fail(words.Start, words.Word, "-c takes two numbers, packets and bytes");
    }

    private string Fail(int start, ReadOnlySpan<char> word, string message)
    {
        Place = (start, word[..Math.Min(word.Length, 100)].ToString());
        return message;
    }

    /// <summary>An option of the rule that is being read.</summary>
    /// <param name="Start">Where it starts in the line, with its <c>!</c>.</param>
    /// <param name="Negated">Whether <c>!</c> stands before it.</param>
    private readonly record struct Part(int Start, bool Negated);
}
