using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Validation;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>A selector of labels: <c>a=b,c!=d,e in (f,g),h notin (i),j,!k,l&gt;1,m&lt;2</c> (<c>apimachinery/pkg/labels/selector.go</c>).</summary>
internal sealed class LabelSelector
{
    private readonly List<Requirement> _requirements = [];

    private enum Operator
    {
        In,
        NotIn,
        Exists,
        DoesNotExist,
        GreaterThan,
        LessThan,
    }

    private sealed record Requirement(string Key, Operator Operator, IReadOnlyList<string> Values);

    /// <summary>Whether every object matches.</summary>
    public bool IsEmpty => _requirements.Count == 0;

    /// <summary>Whether no object can match, as a selector that is not there in an object says.</summary>
    public bool IsNothing { get; private init; }

    /// <summary>Reads a selector's text.</summary>
    /// <exception cref="ApiException">It cannot be read (400).</exception>
    public static LabelSelector Parse(string? text)
    {
        var selector = new LabelSelector();
        var words = new Words(text ?? "");
        while (!words.AtEnd)
        {
            if (!words.SeesWord && words.Peek != "!")
                throw ApiErrors.BadRequest($"found '{words.Peek}', expected: !, identifier, or 'end of string'");
            selector._requirements.Add(Read(words));
            if (words.AtEnd)
                break;
            if (words.Next() is var after and not ",")
                throw ApiErrors.BadRequest($"found '{after}', expected: ',' or 'end of string'");
            if (!words.SeesWord && words.Peek != "!")
                throw ApiErrors.BadRequest($"found '{words.Peek}', expected: identifier after ','");
        }
        return selector;
    }

    /// <summary>The selector that an object holds (<c>matchLabels</c>, <c>matchExpressions</c>); one that is absent matches nothing.</summary>
    public static LabelSelector Of(JsonNode? held)
    {
        if (held is not JsonObject map)
            return new LabelSelector { IsNothing = true };
        var selector = new LabelSelector();
        foreach ((string key, JsonNode? value) in map["matchLabels"] as JsonObject ?? [])
            selector._requirements.Add(new Requirement(key, Operator.In, [value?.ToString() ?? ""]));
        foreach (JsonNode? expression in map["matchExpressions"] as JsonArray ?? [])
        {
            Operator how = expression.TextAt("operator") switch
            {
                "In" => Operator.In,
                "NotIn" => Operator.NotIn,
                "Exists" => Operator.Exists,
                _ => Operator.DoesNotExist,
            };
            selector._requirements.Add(new Requirement(expression.TextAt("key") ?? "", how, [.. (expression?["values"] as JsonArray ?? []).Select(value => value?.ToString() ?? "")]));
        }
        return selector;
    }

    /// <summary>The selector of labels that must all be there; one that is absent matches nothing.</summary>
    public static LabelSelector OfMap(JsonNode? labels) =>
        labels is JsonObject map ? Of(new JsonObject { ["matchLabels"] = map.DeepClone() }) : new LabelSelector { IsNothing = true };

    /// <summary>Whether labels match.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels) => !IsNothing && _requirements.TrueForAll(requirement => Matches(requirement, labels));

    /// <summary>Whether the labels of an object match.</summary>
    public bool Matches(JsonNode? item) => Matches((item.At("metadata.labels") as JsonObject ?? []).ToDictionary(label => label.Key, label => label.Value?.ToString() ?? ""));

    private static bool Matches(Requirement requirement, IReadOnlyDictionary<string, string> labels)
    {
        bool has = labels.TryGetValue(requirement.Key, out string? value);
        return requirement.Operator switch
        {
            Operator.In => has && requirement.Values.Contains(value),
            Operator.NotIn => !has || !requirement.Values.Contains(value),
            Operator.Exists => has,
            Operator.DoesNotExist => !has,
            _ => has && long.TryParse(value, out long number) && long.TryParse(requirement.Values[0], out long bound)
                && (requirement.Operator == Operator.GreaterThan ? number > bound : number < bound),
        };
    }

    private static Requirement Read(Words words)
    {
        bool not = words.Peek == "!";
        if (not)
            words.Next();
        if (!words.SeesWord)
            throw Unreadable($"found '{words.Peek}', expected: identifier");
        string key = words.Next();
        NameRules.Refuse(NameRules.QualifiedName(key), problem => Unreadable($"invalid label key {FieldError.Quote(key)}: {problem}"));
        if (words.AtEnd || words.Peek == ",")
            return new Requirement(key, not ? Operator.DoesNotExist : Operator.Exists, []);
        string sign = words.Next();
        Operator how = sign switch
        {
            "=" or "==" or "in" => Operator.In,
            "!=" or "notin" => Operator.NotIn,
            ">" => Operator.GreaterThan,
            "<" => Operator.LessThan,
            _ => throw Unreadable($"found '{sign}', expected: '=', '!=', '==', 'in', notin'"),
        };
        List<string> values = sign is "in" or "notin" ? Values(words) : [Value(words)];
        if (how is Operator.GreaterThan or Operator.LessThan && !long.TryParse(values[0], out _))
            throw Unreadable("for 'Gt', 'Lt' operators, the value must be an integer");
        foreach (string value in values)
            NameRules.Refuse(NameRules.LabelValue(value), problem => Unreadable($"invalid label value: {FieldError.Quote(value)}: at key: {FieldError.Quote(key)}: {problem}"));
        return new Requirement(key, how, values);
    }

    private static string Value(Words words)
    {
        if (words.AtEnd || words.Peek == ",")
            return "";
        return words.SeesWord ? words.Next() : throw Unreadable($"found '{words.Peek}', expected: identifier");
    }

    private static List<string> Values(Words words)
    {
        if (words.Next() is var open and not "(")
            throw Unreadable($"found '{open}' expected: '('");
        List<string> values = [];
        while (true)
        {
            values.Add(words.SeesWord ? words.Next() : "");
            switch (words.Next())
            {
                case ")":
                    return values;
                case ",":
                    continue;
                case var other:
                    throw Unreadable($"found '{other}', expected: ',' or ')'");
            }
        }
    }

    private static ApiException Unreadable(string why) => ApiErrors.BadRequest($"unable to parse requirement: {why}");

    /// <summary>The words and signs of a selector; at its end empty ones.</summary>
    private sealed class Words(string text)
    {
        private const string Special = "!=<>(),";
        private int _at;

        public bool AtEnd => Peek.Length == 0;

        public bool SeesWord => Peek is { Length: > 0 } next && !Special.Contains(next[0], StringComparison.Ordinal);

        public string Peek
        {
            get
            {
                while (_at < text.Length && char.IsWhiteSpace(text[_at]))
                    _at++;
                if (_at == text.Length)
                    return "";
                if (text[_at] is '=' or '!' && _at + 1 < text.Length && text[_at + 1] == '=')
                    return text[_at..(_at + 2)];
                if (Special.Contains(text[_at], StringComparison.Ordinal))
                    return text[_at..(_at + 1)];
                int end = _at;
                while (end < text.Length && !char.IsWhiteSpace(text[end]) && !Special.Contains(text[end], StringComparison.Ordinal))
                    end++;
                return text[_at..end];
            }
        }

        public string Next()
        {
            string next = Peek;
            _at += next.Length;
            return next;
        }
    }
}
