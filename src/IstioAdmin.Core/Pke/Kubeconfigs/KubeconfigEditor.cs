using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Yaml;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace IstioAdmin.Core.Pke.Kubeconfigs;

/// <summary>
/// The text of a kubeconfig that is edited in place: what is not touched keeps every character, comments and order included. YAML's
/// parser says where things stand; only insertions and replacements are made. Edits become visible with <see cref="ToString"/>.
/// </summary>
internal sealed class KubeconfigEditor
{
    private readonly string _text;
    private readonly string _newLine;
    private readonly YamlMappingNode? _root;
    private readonly Dictionary<long, int> _flowEnds = [];
    private readonly List<(int Start, int End, string Text)> _edits = [];
    private readonly Dictionary<string, List<string>> _appended = [];
    private readonly List<(string Key, string Value)> _addedKeys = [];

    /// <param name="text">Valid YAML: a mapping, or nothing.</param>
    public KubeconfigEditor(string text)
    {
        _text = text;
        _newLine = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        _root = stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode as YamlMappingNode;
        FindFlowEnds();
    }

    /// <summary>Adds an entry at the end of a list, which is made when it is not there.</summary>
    public void Append(string list, JsonObject entry)
    {
        if (!_appended.TryGetValue(list, out List<string>? entries))
            _appended[list] = entries = [];
        entries.Add(Value(list) is YamlSequenceNode { Style: SequenceStyle.Flow, Children.Count: > 0 } || IsFlow(_root) ? entry.ToJsonString() : Block(entry));
    }

    /// <summary>Puts an entry in the place of the one at <paramref name="index"/>.</summary>
    public void Replace(string list, int index, JsonObject entry)
    {
        var sequence = (YamlSequenceNode)Value(list)!;
        YamlNode old = sequence.Children[index];
        if (sequence.Style == SequenceStyle.Flow || IsFlow(_root))
        {
            _edits.Add((Start(old), ContentEnd(old), entry.ToJsonString()));
            return;
        }
        int dash = Dash(old);
        _edits.Add((dash, ContentEnd(old), Indented(Block(entry), Column(dash)).TrimStart().TrimEnd()));
    }

    /// <summary>Sets a key of the document to a text.</summary>
    public void Set(string key, string value)
    {
        string yaml = IsFlow(_root) ? JsonValue.Create(value).ToJsonString() : KubeYaml.Write(JsonValue.Create(value)).TrimEnd();
        switch (Value(key))
        {
            case null:
                _addedKeys.Add((key, yaml));
                break;
            case var old when Start(old) == ContentEnd(old):
                _edits.Add((AfterColon(key), AfterColon(key), $" {yaml}"));
                break;
            case var old:
                _edits.Add((Start(old), ContentEnd(old), yaml));
                break;
        }
    }

    /// <summary>The edited text.</summary>
    public override string ToString()
    {
        List<(int Start, int End, string Text)> edits = [.. _edits];
        List<(string Key, string Value)> keys = [.. _addedKeys];
        foreach ((string list, List<string> entries) in _appended)
        {
            if (Value(list) is null)
                keys.Add((list, IsFlow(_root) ? $"[{string.Join(", ", entries)}]" : _newLine + Lines(entries, RootColumn).TrimEnd()));
            else
                edits.AddRange(AppendEdits(list, entries));
        }
        if (keys.Count > 0)
            edits.Add(AddedKeys(keys));
        string text = _text;
        // From the end to the beginning, so that positions stay true. Two at one place: in the order in which they were made.
        foreach ((int start, int end, string replacement) in edits.OrderBy(edit => edit.Start).ThenBy(edit => edit.End).Reverse())
            text = string.Concat(text.AsSpan(0, start), replacement, text.AsSpan(end));
        return text;
    }

    private int RootColumn => _root is { Children.Count: > 0 } ? Column(Start(_root.Children[0].Key)) : 0;

    private IEnumerable<(int Start, int End, string Text)> AppendEdits(string list, List<string> entries)
    {
        YamlNode value = Value(list)!;
        if (value is YamlSequenceNode { Style: SequenceStyle.Flow, Children.Count: > 0 } || (IsFlow(_root) && value is YamlSequenceNode))
        {
            int bracket = ContentEnd(value) - 1;
            return [(bracket, bracket, $"{Comma(bracket)}{string.Join(", ", entries)}")];
        }
        if (IsFlow(_root))
            return [(Start(value), ContentEnd(value), $"[{string.Join(", ", entries)}]")];
        if (value is YamlSequenceNode { Children.Count: > 0 } sequence)
            return [Lines(LineAfter(ContentEnd(sequence)), Column(Dash(sequence.Children[0])))];
        // [] or null: it goes, a comment behind it stays, and the entries follow on the next line.
        int colon = AfterColon(list);
        int end = Math.Max(ContentEnd(value), colon);
        return [(colon, end, ""), Lines(LineAfter(end), RootColumn)];

        (int Start, int End, string Text) Lines(int after, int column) => (after, after, $"{BreakBefore(after)}{this.Lines(entries, column)}");
    }

    private (int Start, int End, string Text) AddedKeys(List<(string Key, string Value)> keys)
    {
        if (IsFlow(_root))
        {
            int brace = ContentEnd(_root!) - 1;
            return (brace, brace, Comma(brace) + string.Join(", ", keys.Select(key => $"\"{key.Key}\": {key.Value}")));
        }
        string indent = new(' ', RootColumn);
        int after = _root is null ? _text.Length : LineAfter(ContentEnd(_root));
        return (after, after, BreakBefore(after) + string.Concat(keys.Select(key =>
            $"{indent}{key.Key}:{(key.Value.StartsWith(_newLine, StringComparison.Ordinal) ? "" : " ")}{key.Value}{_newLine}")));
    }

    private YamlNode? Value(string key) => _root?.Children.FirstOrDefault(child => child.Key is YamlScalarNode name && name.Value == key).Value;

    /// <summary>The place behind the colon of a key.</summary>
    private int AfterColon(string key) =>
        _text.IndexOf(':', (int)_root!.Children.First(child => child.Key is YamlScalarNode name && name.Value == key).Key.End.Index) + 1;

    // Nodes of the tree know where a collection begins only.
    private void FindFlowEnds()
    {
        var parser = new Parser(new StringReader(_text));
        var open = new Stack<long>();
        while (parser.MoveNext())
        {
            switch (parser.Current)
            {
                case MappingStart or SequenceStart:
                    open.Push(parser.Current.Start.Index);
                    break;
                case MappingEnd or SequenceEnd:
                    long start = open.Pop();
                    // The mark of the end is that of the bracket itself.
                    if (_text[(int)start] is '[' or '{')
                        _flowEnds[start] = (int)parser.Current.End.Index + 1;
                    break;
            }
        }
    }

    private static bool IsFlow(YamlNode? node) => node is YamlMappingNode { Style: MappingStyle.Flow };

    private static int Start(YamlNode node) => (int)node.Start.Index;

    /// <summary>Where a node's own characters end. Marks of block collections reach to the next thing, comments included.</summary>
    private int ContentEnd(YamlNode node)
    {
        int end = node switch
        {
            YamlMappingNode { Style: not MappingStyle.Flow, Children.Count: > 0 } map => ContentEnd(map.Children[^1].Value),
            YamlSequenceNode { Style: not SequenceStyle.Flow, Children.Count: > 0 } list => ContentEnd(list.Children[^1]),
            _ => _flowEnds.TryGetValue(node.Start.Index, out int flow) && node is not YamlScalarNode ? flow : (int)node.End.Index,
        };
        // Block scalars reach over their line break.
        while (end > Start(node) && char.IsWhiteSpace(_text[end - 1]))
            end--;
        return end;
    }

    /// <summary>The dash that introduces an entry.</summary>
    private int Dash(YamlNode entry)
    {
        int place = Start(entry) - 1;
        while (place >= 0 && char.IsWhiteSpace(_text[place]))
            place--;
        return place >= 0 && _text[place] == '-' ? place : throw new FormatException($"line {entry.Start.Line}: an entry is written in a way that cannot be edited");
    }

    private int Column(int place) => place - (_text.LastIndexOf('\n', Math.Max(place - 1, 0)) + 1);

    private int LineAfter(int place) => _text.IndexOf('\n', place) is var end and >= 0 ? end + 1 : _text.Length;

    private string BreakBefore(int place) => place > 0 && _text[place - 1] != '\n' ? _newLine : "";

    private string Comma(int place)
    {
        int before = place - 1;
        while (char.IsWhiteSpace(_text[before]))
            before--;
        return _text[before] is '[' or '{' or ',' ? "" : ", ";
    }

    private static string Block(JsonObject entry) => KubeYaml.Write((JsonNode)new JsonArray(entry.DeepClone()));

    private string Lines(IEnumerable<string> entries, int column) => string.Concat(entries.Select(entry => Indented(entry, column)));

    private string Indented(string block, int column) => string.Concat(block.TrimEnd().Split('\n').Select(line => line.Length == 0 ? _newLine : $"{new string(' ', column)}{line}{_newLine}"));
}
