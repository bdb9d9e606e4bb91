using System.Text;
using System.Text.Json;

namespace IstioAdmin.Iptables.Parsing.Nftables;

/// <summary>
/// Writes expressions and statements in nft's language (nft(8)), compactly. It is for reading: a part that is not known is written
/// as the JSON that it is.
/// </summary>
internal static class NftText
{
    /// <summary>A whole rule as <c>nft</c> would take it.</summary>
    public static string Rule(NftTable table, NftChain chain, NftRule rule)
    {
        var text = new StringBuilder("add rule ").Append(table.Family).Append(' ').Append(table.Name).Append(' ').Append(chain.Name);
        foreach (JsonElement statement in rule.Expressions.Items())
            text.Append(' ').Append(Statement(statement));
        if (rule.Comment is { } comment)
            text.Append(" comment \"").Append(comment).Append('"');
        return text.ToString();
    }

    /// <summary>One statement.</summary>
    public static string Statement(JsonElement statement)
    {
        if (!statement.IsTagged(out string? kind, out JsonElement value))
            return statement.GetRawText();
        return kind switch
        {
            "match" when value.Member("left") is { } left && value.Member("right") is { } right => Match(value.Text("op"), left, right),
            "accept" or "drop" or "return" or "continue" or "notrack" or "counter" => kind,
            "jump" or "goto" => $"{kind} {value.Text("target")}",
            "redirect" or "dnat" or "snat" or "masquerade" or "tproxy" => Translation(kind, value),
            "mangle" when value.Member("key") is { } key && value.Member("value") is { } to => $"{Expression(key)} set {Expression(to)}",
            "vmap" when value.Member("key") is { } key && value.Member("data") is { } data => $"{Expression(key)} vmap {Expression(data)}",
            "reject" => Reject(value),
            "log" => value.Text("prefix") is { } prefix ? $"log prefix \"{prefix}\"" : value.Member("group").Number() is { } group ? $"log group {group}" : "log",
            "limit" when value.Member("rate") is { } rate => $"limit rate {(value.Member("inv") is { ValueKind: JsonValueKind.True } ? "over " : "")}{Expression(rate)}{Unit(value.Text("rate_unit"))}/{value.Text("per")}",
            "xt" => $"xt {value.Text("type")} {value.Text("name")}",
            _ => statement.GetRawText(),
        };
    }

    /// <summary>One expression.</summary>
    public static string Expression(JsonElement expression)
    {
        switch (expression.ValueKind)
        {
            case JsonValueKind.String:
                return expression.GetString()!;
            case JsonValueKind.Array:
                return string.Join(",", expression.EnumerateArray().Select(Expression));
            case JsonValueKind.Object when expression.IsTagged(out string? kind, out JsonElement value):
                return Tagged(kind, value) ?? expression.GetRawText();
            default:
                return expression.GetRawText();
        }
    }

    private static string? Tagged(string kind, JsonElement value) => kind switch
    {
        "payload" when value.Text("field") is { } field => $"{value.Text("protocol")} {field}",
        "payload" => $"@{value.Text("base")},{Member(value, "offset")},{Member(value, "len")}",
        "meta" => value.Text("key") is "iifname" or "oifname" or "iif" or "oif" ? value.Text("key") : $"meta {value.Text("key")}",
        "ct" => value.Text("dir") is { } direction ? $"ct {direction} {value.Text("key")}" : $"ct {value.Text("key")}",
        "fib" => $"fib {string.Join(" . ", (value.Member("flags")?.OneOrMore() ?? []).Select(Expression))} {value.Text("result")}",
        "prefix" => $"{Member(value, "addr")}/{Member(value, "len")}",
        "range" => string.Join("-", value.OneOrMore().Select(Expression)),
        "concat" => string.Join(" . ", value.OneOrMore().Select(Expression)),
        "&" or "|" or "^" or "<<" or ">>" => string.Join($" {kind} ", value.OneOrMore().Select(Expression)),
        "set" => $"{{ {string.Join(", ", value.OneOrMore().Select(Element))} }}",
        "map" when value.Member("key") is { } key && value.Member("data") is { } data => $"{Expression(key)} map {Expression(data)}",
        "elem" when value.Member("val") is { } element => Expression(element),
        "accept" or "drop" or "return" or "continue" => kind,
        "jump" or "goto" => $"{kind} {value.Text("target")}",
        _ => null,
    };

    /// <summary>An element of a set, or of a map: a pair.</summary>
    private static string Element(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 2 ? $"{Expression(element[0])} : {Expression(element[1])}" : Expression(element);

    private static string Match(string? op, JsonElement left, JsonElement right)
    {
        bool name = left.Tagged("meta")?.Text("key") is "iifname" or "oifname" or "iif" or "oif" && right.ValueKind == JsonValueKind.String;
        string value = name ? $"\"{right.GetString()}\"" : Expression(right);
        bool implied = op is "in" or null || (op == "==" && left.Tagged("&") is null);
        return implied ? $"{Expression(left)} {value}" : $"{Expression(left)} {op} {value}";
    }

    private static string Translation(string kind, JsonElement value)
    {
        var text = new StringBuilder(kind);
        if (value.Text("family") is { } family)
            text.Append(' ').Append(family);
        JsonElement? address = value.Member("addr"), port = value.Member("port");
        if (address is not null || port is not null)
            text.Append(" to ");
        if (address is { } to)
        {
            string written = Expression(to);
            text.Append(port is not null && written.Contains(':', StringComparison.Ordinal) ? $"[{written}]" : written);
        }
        if (port is { } number)
            text.Append(':').Append(Expression(number));
        if (value.Member("flags") is { } flags)
            text.Append(' ').Append(Expression(flags));
        return text.ToString();
    }

    private static string Reject(JsonElement value) =>
        value.Text("type") is not { } type ? "reject" : value.Text("expr") is { } message ? $"reject with {type} {message}" : $"reject with {type}";

    private static string Unit(string? unit) => unit is null or "packets" ? "" : " " + unit;

    private static string Member(JsonElement value, string name) => value.Member(name) is { } member ? Expression(member) : "";
}
