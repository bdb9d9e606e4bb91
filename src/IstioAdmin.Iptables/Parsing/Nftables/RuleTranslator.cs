using System.Text.Json;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;
using IstioAdmin.Iptables.Model.Targets;

namespace IstioAdmin.Iptables.Parsing.Nftables;

/// <summary>
/// Turns a listed rule into the model's rules: conditions, then what it does. A verdict map becomes one rule for each of its elements,
/// all with the same words.
/// </summary>
internal sealed class RuleTranslator
{
    private readonly NftTable _table;
    private readonly IpFamily _family;
    private readonly MatchTranslator _matches;
    private readonly ValueReader _values;

    public RuleTranslator(NftTable table, IpFamily family)
    {
        (_table, _family) = (table, family);
        _matches = new MatchTranslator(table, family);
        _values = new ValueReader(table, family);
    }

    /// <summary>Adds what a rule becomes.</summary>
    public void Translate(NftChain chain, NftRule rule, List<Rule> rules)
    {
        int before = rules.Count;
        try
        {
            var head = new Rule { Chain = chain.Name, Line = rule.Line, NftText = NftText.Rule(_table, chain, rule) };
            Translate(rule, head, rules);
        }
        catch (InvalidOperationException)
        {
            // Text that is not Unicode: the rule is there, and what it says cannot be told.
            rules.RemoveRange(before, rules.Count - before);
            string words = rule.Expressions?.GetRawText() ?? "";
            rules.Add(new Rule { Chain = chain.Name, Line = rule.Line, NftText = words, Target = new UnknownTarget(words) });
        }
    }

    private void Translate(NftRule rule, Rule head, List<Rule> rules)
    {
        JsonElement[] statements = [.. rule.Expressions.Items()];
        var matches = new List<Match>();
        var steps = new List<Target>();
        PassingTarget? passing = null;
        if (rule.Expressions is not { ValueKind: JsonValueKind.Array })
            steps.Add(new UnknownTarget(rule.Expressions?.GetRawText() ?? "no statements"));
        for (int i = 0; i < statements.Length; i++)
        {
            JsonElement statement = statements[i];
            string words = NftText.Statement(statement);
            if (statement.IsTagged(out string? kind, out JsonElement value))
            {
                if (kind is "counter" or "last" or "comment")
                {
                    head = head with { Counters = Counters(value) ?? head.Counters };
                    continue;
                }
                // What follows a change would have to be asked of the changed packet.
                if (steps.Count == 0 && Condition(kind, value, words, matches))
                    continue;
                if (kind == "vmap" && steps.Count == 0 && i == statements.Length - 1 && Expand(value, words, head with { Matches = matches }, rules))
                    return;
                if (StatementTranslator.Passing(kind, value) is { } passes)
                {
                    passing = passes;
                    continue;
                }
                if (Act(kind, value, words, matches, steps))
                {
                    if (steps.LastOrDefault() is AcceptTarget or DropTarget or ReturnTarget or RejectTarget or JumpTarget or GotoTarget)
                        break;
                    continue;
                }
            }
            steps.Add(new UnknownTarget(words));
            break;
        }
        Target? target = steps.Count switch
        {
            0 => passing,
            1 => steps[0],
            _ => new SequenceTarget(steps),
        };
        rules.Add(head with { Matches = matches, Target = target });
    }

    private bool Act(string kind, JsonElement value, string words, List<Match> matches, List<Target> steps)
    {
        if (StatementTranslator.Translate(kind, value, _family, out bool applies) is not { } targets)
            return false;
        // A change before it is made for every packet, so a condition that comes with a later statement cannot join the rule's own.
        bool condition = !applies || (kind == "mangle" && MarkStatement.ReadsConnection(value.Member("value")!.Value));
        if (condition && steps.Count > 0)
            return false;
        if (condition)
            matches.Add(applies ? MatchTranslator.Tracked : new NeverMatch(words));
        steps.AddRange(targets);
        return true;
    }

    /// <summary>Adds the condition that a statement is; false when it is none.</summary>
    private bool Condition(string kind, JsonElement value, string words, List<Match> matches)
    {
        switch (kind)
        {
            case "match" when value.Member("left") is { } left && value.Member("right") is { } right:
                _matches.Add(value.Text("op") ?? "==", left, right, words, matches);
                return true;
            // A remark of iptables', whose text nft does not show (net/netfilter/xt_comment.c fits every packet).
            case "xt" when value.Text("type") == "match" && value.Text("name") == "comment":
                matches.Add(new CommentMatch(""));
                return true;
            case "xt" when value.Text("type") == "match":
            case "limit" or "quota" or "ct count" or "connlimit" or "meter":
                matches.Add(new UnknownMatch(words));
                return true;
            default:
                return false;
        }
    }

    private static RuleCounters? Counters(JsonElement value) =>
        value.Member("packets") is { ValueKind: JsonValueKind.Number } packets && packets.TryGetUInt64(out ulong p)
        && value.Member("bytes") is { ValueKind: JsonValueKind.Number } bytes && bytes.TryGetUInt64(out ulong b)
            ? new RuleCounters(p, b)
            : null;

    /// <summary>Makes the rules that a verdict map stands for; false when it cannot be told what they are.</summary>
    private bool Expand(JsonElement vmap, string words, Rule head, List<Rule> rules)
    {
        if (vmap.Member("key") is not { } key || vmap.Member("data") is not { } data || _values.Elements(data) is not { } elements)
            return false;
        var pairs = new List<(JsonElement Key, Target? Verdict)>();
        foreach (JsonElement element in elements)
        {
            if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() != 2
                || !element[1].IsTagged(out string? kind, out JsonElement value)
                || kind is not ("accept" or "drop" or "return" or "jump" or "goto" or "continue")
                || StatementTranslator.Translate(kind, value, _family, out _) is not { } verdict)
            {
                return false;
            }
            pairs.Add((element[0], verdict.Count == 0 ? null : verdict[0]));
        }
        // A chain that is called may change the key; the map is looked up once, and these rules would look again.
        bool changeable = (key.Tagged("concat")?.OneOrMore() ?? [key]).Select(Operand.Read)
            .Any(part => part.Kind is OperandKind.Mark or OperandKind.ConnectionMark or OperandKind.ConnectionState or OperandKind.ConnectionStatus or OperandKind.Unknown);
        if (changeable && pairs.Exists(pair => pair.Verdict is JumpTarget))
            return false;
        foreach ((JsonElement element, Target? verdict) in pairs.OrderBy(pair => IsCatchAll(pair.Key)))
        {
            var matches = new List<Match>(head.Matches);
            if (IsCatchAll(element))
                _matches.AddOther(key, pairs.Select(pair => pair.Key).Where(other => !IsCatchAll(other)), words, matches);
            else
                _matches.AddKey(key, element, words, matches);
            rules.Add(head with { Matches = matches, Target = verdict });
        }
        if (pairs.Count == 0)
            rules.Add(head with { Target = null });
        return true;
    }

    private static bool IsCatchAll(JsonElement key) => ((JsonElement?)ValueReader.Bare(key)).Text() == "*";
}
