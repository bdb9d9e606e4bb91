using System.Reflection;

namespace IstioAdmin.Sandbox.Api.Resources;

/// <summary>The schemas of the built-in types (<c>Schema.txt</c>, where the notation is described).</summary>
internal sealed class SchemaTable
{
    private readonly Dictionary<string, Schema> _named = [];
    private readonly Dictionary<string, Schema> _kinds = [];

    private SchemaTable(IEnumerable<string> lines)
    {
        List<(Schema Owner, string Line)> fields = [];
        Schema? current = null;
        foreach (string line in lines.Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line[0] == ' ')
            {
                fields.Add((current!, line[1..]));
                continue;
            }
            string[] words = line.Split(' ');
            current = new Schema(ValueKind.Struct) { Name = words[0], AtomicMap = words.Contains("atomic") };
            _named[words[0]] = current;
            if (words.Length > 2 && words[1] == "=")
                _kinds[words[2]] = current;
        }
        foreach ((Schema owner, string line) in fields)
        {
            SchemaField field = ReadField(line);
            owner.Fields[field.Name] = field;
        }
    }

    /// <summary>The table, read once.</summary>
    public static SchemaTable BuiltIn { get; } = new(Lines("Schema.txt"));

    /// <summary>The schema of a type by its name, such as <c>core.v1.PodSpec</c>.</summary>
    public Schema Named(string name) => _named[name];

    /// <summary>The schema of a kind; null when it is not built in.</summary>
    public Schema? OfKind(string group, string version, string kind) => _kinds.GetValueOrDefault($"{group}/{version}/{kind}");

    /// <summary>The lines of an embedded table.</summary>
    internal static IEnumerable<string> Lines(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{typeof(SchemaTable).Namespace}.{name}")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            yield return line;
    }

    private SchemaField ReadField(string line)
    {
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        string name = line[..space].TrimEnd('!', '~', '*');
        string marks = line[name.Length..space];
        string[] words = line[(space + 1)..].Split('|');
        string? mergeKey = After(words, "key=");
        bool merges = words.Contains("merge");
        string[]? keys = After(words, "map=")?.Split(',') ?? (merges && mergeKey is not null ? [mergeKey] : null);
        // A list's own type goes before what strategic merge does with it (kube-openapi, schemaconv).
        ListKind kind = words.Contains("atomic") ? ListKind.Atomic
            : keys is not null ? ListKind.Map
            : words.Contains("set") || merges ? ListKind.Set
            : ListKind.Atomic;
        return new SchemaField(name, ReadType(words[0], kind, keys ?? []))
        {
            Required = marks.Contains('!', StringComparison.Ordinal),
            Always = marks.Contains('~', StringComparison.Ordinal),
            Pointer = marks.Contains('*', StringComparison.Ordinal),
            MergesList = merges,
            RetainsKeys = words.Contains("retainKeys"),
            MergeKey = mergeKey,
            KeyDefault = After(words, "default="),
        };
    }

    private static string? After(string[] words, string prefix) =>
        Array.Find(words, word => word.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..];

    private Schema ReadType(string text, ListKind kind = ListKind.Atomic, string[]? keys = null) => text switch
    {
        ['[', .. string item, ']'] => new Schema(ValueKind.List) { ListKind = kind, Keys = keys ?? [], Element = ReadType(item) },
        ['{', .. string value, '}'] => new Schema(ValueKind.Map) { Element = ReadType(value) },
        "string" => new Schema(ValueKind.Text),
        "int" or "long" => new Schema(ValueKind.Whole),
        "number" => new Schema(ValueKind.Number),
        "bool" => new Schema(ValueKind.Flag),
        "time" => new Schema(ValueKind.Time),
        "microtime" => new Schema(ValueKind.MicroTime),
        "quantity" => new Schema(ValueKind.Quantity),
        "intstr" => new Schema(ValueKind.IntOrString),
        "bytes" => new Schema(ValueKind.Bytes),
        "raw" => new Schema(ValueKind.Raw) { AtomicMap = true },
        "any" => Schema.Opaque,
        _ => _named[text],
    };
}
